/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core counts. A step reports a set of these (one bit each); net adds
 * them to per-CPU counters and shows them under the names given here.
 */
#ifndef ATCP_CORE_MIB_H
#define ATCP_CORE_MIB_H

#define ATCP_MIB_LIST(X)                                                 \
	X(ACTIVE_OPENS, "ActiveOpens")                                   \
	X(PASSIVE_OPENS, "PassiveOpens")                                 \
	X(ATTEMPT_FAILS, "AttemptFails")                                 \
	X(ESTAB_RESETS, "EstabResets")                                   \
	X(OUT_RSTS, "OutRsts")                                           \
	X(RETRANS, "RetransBursts")                                      \
	X(FAST_RETRANS, "FastRetransmits")                               \
	X(TIMEOUTS, "Timeouts")                                          \
	X(TAIL_PROBES, "TailLossProbes")                                 \
	X(TAIL_PROBE_REPAIRS, "TailLossProbeRepairs")                    \
	X(SPURIOUS_TIMEOUTS, "SpuriousTimeouts")                         \
	X(UNDONE_BY_TIMESTAMP, "RecoveriesUndoneByTimestamp")            \
	X(UNDONE_BY_DSACK, "RecoveriesUndoneByDsack")                    \
	X(SYN_RETRANS, "SynRetransmits")                                 \
	X(SYNACK_RETRANS, "SynAckRetransmits")                           \
	X(DUP_ACKS_IN, "DupAcksReceived")                                \
	X(PURE_ACKS, "PureAcksReceived")                                 \
	X(DELAYED_ACKS, "DelayedAcks")                                   \
	X(OFO_QUEUED, "OutOfOrderQueued")                                \
	X(OFO_DROPPED, "OutOfOrderDropped")                              \
	X(OLD_DATA, "OldDataReceived")                                   \
	X(DSACKS_OUT, "DsacksSent")                                      \
	X(DSACKS_IN, "DsacksReceived")                                   \
	X(RENEGED, "SackReneged")                                        \
	X(BEYOND_WINDOW, "BeyondWindow")                                 \
	X(UNACCEPTABLE, "UnacceptableSegments")                          \
	X(NO_ACK_FLAG, "NoAckFlag")                                      \
	X(BAD_ACK, "BadAck")                                             \
	X(OLD_ACK, "OldAck")                                             \
	X(PAWS_DROPPED, "PawsDropped")                                   \
	X(TS_MISSING, "TimestampMissing")                                \
	X(CHALLENGE_ACKS, "ChallengeAcks")                               \
	X(CHALLENGE_LIMITED, "ChallengeAcksLimited")                     \
	X(SYN_CHALLENGE, "SynChallenge")                                 \
	X(RST_CHALLENGE, "RstChallenge")                                 \
	X(WINDOW_PROBES, "WindowProbes")                                 \
	X(ZERO_WINDOW_SENT, "ZeroWindowSent")                            \
	X(WINDOW_UPDATES, "WindowUpdatesSent")                           \
	X(KEEPALIVE_PROBES, "KeepaliveProbes")                           \
	X(ABORT_ON_DATA, "AbortOnData")                                  \
	X(ABORT_ON_CLOSE, "AbortOnClose")                                \
	X(ABORT_ON_TIMEOUT, "AbortOnTimeout")                            \
	X(ABORT_ON_KEEPALIVE, "AbortOnKeepalive")                        \
	X(ABORT_FAILED, "AbortInvariant")                                \
	X(SIMULTANEOUS_OPEN, "SimultaneousOpens")                        \
	X(TW_RECYCLED, "TimeWaitRecycled")                               \
	X(TW_RESTARTED, "TimeWaitRestarted")                             \
	X(TW_RST_IGNORED, "TimeWaitRstIgnored")                          \
	X(COOKIES_SENT, "SynCookiesSent")                                \
	X(COOKIES_VALID, "SynCookiesValid")                              \
	X(COOKIES_FAILED, "SynCookiesFailed")                            \
	X(DEFER_ACCEPT_DROPS, "DeferAcceptDrops")                        \
	X(PMTU_REDUCED, "PathMtuReduced")                                \
	X(MTU_BLACK_HOLES, "MtuBlackHoles")                              \
	X(MTU_PROBES, "MtuProbes")                                       \
	X(MTU_PROBES_PASSED, "MtuProbesPassed")                          \
	X(URGENT_IN, "UrgentReceived")                                   \
	X(IDLE_RESTARTS, "SlowStartRestarts")                            \
	X(ECN_ECHOES_IN, "EcnEchoesReceived")                            \
	X(ECN_REDUCTIONS, "EcnReductions")

#define ATCP_MIB_ENUM(id, name) ATCP_MIB_##id,
enum atcp_mib { ATCP_MIB_LIST(ATCP_MIB_ENUM) ATCP_MIB_NR };
#undef ATCP_MIB_ENUM

#endif /* ATCP_CORE_MIB_H */
