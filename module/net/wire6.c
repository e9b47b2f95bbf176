// SPDX-License-Identifier: GPL-2.0
/*
 * Wire protocol 6: segments of TCP, seen before native TCP sees them.
 *
 * IP hands a protocol's packets to whom inet_protos[] names. For protocol 6 that is
 * native TCP, and while a socket of ours has a port on that wire it is a copy of
 * native's entry with our handlers in it. They ask our tables first, and what is not
 * ours goes to native as it came. When the last such port is free native's own entry
 * is put back, a little later, since the next port may come at once.
 *
 * The hook holds a reference to the module. If somebody else has put theirs over ours,
 * ours cannot be taken out, for they call it: it stays, and so does the module.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <net/protocol.h>

#include "sock.h"
#include "wire6.h"

#define UNHOOK_DELAY HZ

/* Whom IP was calling before. Read under RCU; changed while we are not hooked. */
static const struct net_protocol *native;

static int handle_segment(struct sk_buff *skb)
{
	if (atcp_rx_wire6(skb))
		return 0;
	return READ_ONCE(native)->handler(skb);
}

static int handle_report(struct sk_buff *skb, u32 info)
{
	if (!atcp_icmp_report(skb, info))
		return 0;
	return READ_ONCE(native)->err_handler(skb, info);
}

static struct net_protocol hook;
static bool is_hooked;
static unsigned int nr_ports;
static DEFINE_SPINLOCK(lock); /* of all these */

static struct net_protocol **slot(void)
{
	return (__force struct net_protocol **)&inet_protos[IPPROTO_TCP];
}

/* Context: the lock; the caller's socket holds the module. */
static void hook_in(void)
{
	struct net_protocol *theirs;

	do {
		theirs = READ_ONCE(*slot());
		WRITE_ONCE(native, theirs);
		hook = *theirs;
		hook.handler = handle_segment;
		hook.err_handler = handle_report;
	} while (cmpxchg(slot(), theirs, &hook) != theirs);
	__module_get(THIS_MODULE);
	is_hooked = true;
}

static bool hook_out(void)
{
	bool is_out = false;

	spin_lock_bh(&lock);
	if (is_hooked && !nr_ports) {
		is_out = cmpxchg(slot(), &hook,
				 (struct net_protocol *)native) == &hook;
		is_hooked = !is_out;
	}
	spin_unlock_bh(&lock);
	return is_out;
}

static void unhook(struct work_struct *work)
{
	if (!hook_out())
		return;
	/* Who has entered through it has left when this returns. */
	synchronize_net();
	module_put(THIS_MODULE);
}

static DECLARE_DELAYED_WORK(unhook_work, unhook);

/**
 * atcp_wire6_get() - One more port is in use on wire protocol 6.
 *
 * Context: any; a socket of the caller's holds the module.
 */
void atcp_wire6_get(void)
{
	spin_lock_bh(&lock);
	if (!nr_ports++ && !is_hooked)
		hook_in();
	spin_unlock_bh(&lock);
}

/**
 * atcp_wire6_put() - One less.
 *
 * Context: any.
 */
void atcp_wire6_put(void)
{
	spin_lock_bh(&lock);
	if (!--nr_ports)
		mod_delayed_work(system_wq, &unhook_work, UNHOOK_DELAY);
	spin_unlock_bh(&lock);
}

/**
 * atcp_wire6_settle() - Unhook now, if it is due, rather than a little later.
 *
 * Context: process. When it returns the work is not running.
 */
void atcp_wire6_settle(void)
{
	flush_delayed_work(&unhook_work);
}
