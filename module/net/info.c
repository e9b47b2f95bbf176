// SPDX-License-Identifier: GPL-2.0
/* struct tcp_info: a connection in the terms that Linux's tools know. */
#include <linux/inet_diag.h>
#include <linux/math64.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "sock.h"

/* As native TCP shows a threshold that has not been set. */
#define NO_SSTHRESH 0x7fffffff

/* Nanoseconds to the microseconds and milliseconds of struct tcp_info. */
static u32 to_us(u64 ns)
{
	return div_u64(ns, NSEC_PER_USEC);
}

static u32 ms_since(u64 ns, u64 now)
{
	return ns ? div_u64(now - ns, NSEC_PER_MSEC) : 0;
}

static void fill_options(const struct atcp_conn *conn, struct tcp_info *info)
{
	if (conn->use & ATCP_HAS_TS)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (conn->use & ATCP_HAS_SACK_PERM)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (conn->ecn.mode)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (conn->ecn.flags & ATCP_ECN_SEEN)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	if (conn->use & ATCP_HAS_WSCALE) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = conn->snd.wscale;
		info->tcpi_rcv_wscale = conn->rcv.wscale;
	}
}

static void fill_sender(const struct atcp_conn *conn, struct tcp_info *info)
{
	const struct atcp_snd *snd = &conn->snd;
	u32 mss = max_t(u32, snd->mss, 1);

	switch ((enum atcp_recovery)snd->recovery) {
	case ATCP_REC_OPEN:
		info->tcpi_ca_state = snd->dup_acks ? TCP_CA_Disorder :
						      TCP_CA_Open;
		if (conn->ecn.flags & ATCP_ECN_REDUCING)
			info->tcpi_ca_state = TCP_CA_CWR;
		break;
	case ATCP_REC_FAST:
		info->tcpi_ca_state = TCP_CA_Recovery;
		break;
	case ATCP_REC_RTO:
		info->tcpi_ca_state = TCP_CA_Loss;
		break;
	}
	info->tcpi_retransmits = conn->rtt.backoff;
	info->tcpi_backoff = conn->rtt.backoff;
	info->tcpi_probes = conn->probes;
	info->tcpi_unacked = DIV_ROUND_UP(snd->nxt - snd->una, mss);
	info->tcpi_lost = DIV_ROUND_UP(snd->lost, mss);
	info->tcpi_total_retrans = conn->retrans_total;
	info->tcpi_snd_cwnd = DIV_ROUND_UP(snd->cwnd, mss);
	info->tcpi_snd_ssthresh = snd->ssthresh == U32_MAX ?
					  NO_SSTHRESH :
					  DIV_ROUND_UP(snd->ssthresh, mss);
	info->tcpi_snd_mss = snd->mss;
	info->tcpi_snd_wnd = snd->wnd;
	info->tcpi_notsent_bytes = atcp_conn_unsent(conn);
	info->tcpi_bytes_acked = atcp_conn_data_una(conn) - snd->iss - 1;
}

static void fill_receiver(const struct atcp_conn *conn, struct tcp_info *info)
{
	const struct atcp_rcv *rcv = &conn->rcv;

	info->tcpi_rcv_mss = rcv->seen_mss ?: ATCP_MSS_DEFAULT;
	info->tcpi_advmss = rcv->own_mss;
	info->tcpi_rcv_ssthresh = rcv->full;
	info->tcpi_rcv_space = rcv->full;
	info->tcpi_ato = conn->config.delack_ms * USEC_PER_MSEC;
	info->tcpi_bytes_received = rcv->nxt - rcv->irs - 1;
	atcp_compat_info_rcv_wnd(info, rcv->adv - rcv->nxt);
}

static void fill_times(const struct atcp_conn *conn, struct tcp_info *info)
{
	u64 now = ktime_get_ns();

	info->tcpi_rto = to_us(conn->rtt.rto_ns);
	info->tcpi_rtt = to_us(conn->rtt.srtt_ns);
	info->tcpi_rttvar = to_us(conn->rtt.var_ns);
	info->tcpi_min_rtt = conn->rtt.srtt_ns ? to_us(conn->rtt.min_ns) :
						 U32_MAX;
	info->tcpi_last_data_sent = ms_since(conn->sent_ns, now);
	info->tcpi_last_data_recv = ms_since(conn->heard_ns, now);
	info->tcpi_last_ack_recv = ms_since(conn->heard_ns, now);
}

/* Native counts segments delivered; so do we, by the MSS of now. */
static void fill_rates(const struct sock *sk, const struct atcp_conn *conn,
		       struct tcp_info *info)
{
	info->tcpi_delivered = DIV_ROUND_UP(conn->rate.delivered,
					    max_t(u32, conn->snd.mss, 1));
	info->tcpi_delivery_rate = conn->rate.latest_Bps;
	info->tcpi_delivery_rate_app_limited = conn->rate.is_app_limited;
	info->tcpi_max_pacing_rate = atcp_sock_max_pacing_Bps(sk);
	info->tcpi_pacing_rate = min(atcp_pacing_rate_Bps(conn),
				     info->tcpi_max_pacing_rate);
}

static size_t fill_bbr(const struct atcp_bbr *bbr, struct tcp_bbr_info *info)
{
	info->bbr_bw_lo = lower_32_bits(bbr->bw_Bps);
	info->bbr_bw_hi = upper_32_bits(bbr->bw_Bps);
	info->bbr_min_rtt = bbr->min_rtt_ns == ATCP_NEVER ?
				    U32_MAX : to_us(bbr->min_rtt_ns);
	/* in 1/256 */
	info->bbr_pacing_gain = atcp_bbr_pacing_gain_pct(bbr) * 256 / 100;
	info->bbr_cwnd_gain = atcp_bbr_cwnd_gain_pct(bbr) * 256 / 100;
	return sizeof(*info);
}

static size_t fill_dctcp(const struct atcp_conn *conn,
			 struct tcp_dctcp_info *info)
{
	const struct atcp_dctcp *dctcp = &conn->cc.dctcp;

	info->dctcp_enabled = !!conn->ecn.mode;
	info->dctcp_alpha = dctcp->alpha >> 6; /* 1 is 2^16, there 2^10 */
	info->dctcp_ab_ecn = dctcp->marked;
	info->dctcp_ab_tot = dctcp->bytes;
	return sizeof(*info);
}

/**
 * atcp_info_cc() - TCP_CC_INFO.
 * @sk: Socket.
 * @info: Filled in with what the congestion control tells of itself.
 *
 * Context: SK held.
 * Return: bytes; 0 if it tells nothing, or there is no connection yet.
 */
size_t atcp_info_cc(struct sock *sk, union tcp_cc_info *info)
{
	const struct atcp_conn *conn = &atcp_sk(sk)->conn;

	memset(info, 0, sizeof(*info));
	if (conn->cc.ops == &atcp_bbr_ops)
		return fill_bbr(&conn->cc.bbr, &info->bbr);
	if (conn->cc.ops == &atcp_dctcp)
		return fill_dctcp(conn, &info->dctcp);
	return 0;
}

/**
 * atcp_info_fill() - TCP_INFO.
 * @sk: Socket.
 * @info: Filled in; what ATCP does not know is 0.
 *
 * Counts of segments are bytes in units of the MSS, rounded up: ATCP keeps
 * bytes. The two counts of bytes are modulo 2^32.
 *
 * Context: SK held.
 */
void atcp_info_fill(struct sock *sk, struct tcp_info *info)
{
	const struct atcp_sock *asock = atcp_sk(sk);
	const struct atcp_conn *conn = &asock->conn;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	fill_options(conn, info);
	fill_sender(conn, info);
	fill_receiver(conn, info);
	fill_times(conn, info);
	fill_rates(sk, conn, info);
	info->tcpi_pmtu = atcp_tx_mtu(sk);
	info->tcpi_reordering = 3;
	if (sk->sk_state == TCP_CLOSE) {
		info->tcpi_bytes_acked = 0;
		info->tcpi_bytes_received = 0;
	}
}
