// SPDX-License-Identifier: GPL-2.0
/*
 * The send buffer: a stream of bytes in large page fragments, filled by one
 * copy. Segments take references to its pages; the stream keeps the bytes until
 * they are acknowledged.
 *
 * Accounting: sk_wmem_queued is the payload plus CHUNK_COST for each piece. Pages
 * are shared between sockets of a task, and not charged as such.
 */
#include <linux/highmem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "netns.h"
#include "sock.h"

/* Bytes copied between two looks at what may be sent. */
#define PUSH_BYTES 65536

/*
 * What a piece costs besides its payload, about: itself, the core's record of
 * the burst that it may be alone in, and that one's headers. It bounds how many
 * of them tiny sends can make.
 */
#define CHUNK_COST 512

/* Sends below that are tiny. */
#define TINY_BYTES 1024

static struct kmem_cache *chunks;

/**
 * atcp_send_start() - Slab of the send buffers' pieces.
 *
 * Return: 0 or -ENOMEM.
 */
int __init atcp_send_start(void)
{
	chunks = KMEM_CACHE(atcp_chunk, SLAB_ACCOUNT | SLAB_NO_MERGE);
	return chunks ? 0 : -ENOMEM;
}

/**
 * atcp_send_stop() - Undo atcp_send_start().
 */
void atcp_send_stop(void)
{
	kmem_cache_destroy(chunks);
}

static void charge(struct sock *sk, u32 bytes)
{
	sk_wmem_queued_add(sk, bytes);
	sk_mem_charge(sk, bytes);
}

static void uncharge(struct sock *sk, u32 bytes)
{
	sk_wmem_queued_add(sk, -bytes);
	sk_mem_uncharge(sk, bytes);
}

static void free_chunk(struct sock *sk, struct atcp_chunk *chunk)
{
	uncharge(sk, chunk->len + CHUNK_COST);
	list_del(&chunk->link);
	put_page(chunk->page);
	kmem_cache_free(chunks, chunk);
}

static struct atcp_chunk *first_chunk(struct atcp_stream *out)
{
	return list_first_entry_or_null(&out->chunks, struct atcp_chunk, link);
}

/* Grow with the congestion window, as long as the user has not said how much. */
static void grow_sndbuf(struct sock *sk)
{
	u64 want = atcp_tune_send_room(&atcp_sk(sk)->conn);
	int most = atcp_sysctl_wmem(sock_net(sk), 2);

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || want <= sk->sk_sndbuf ||
	    READ_ONCE(*sk->sk_prot->memory_pressure))
		return;
	WRITE_ONCE(sk->sk_sndbuf, (int)min_t(u64, want, most));
}

/* Drop @bytes off the front. */
static void drop_front(struct sock *sk, u32 bytes)
{
	struct atcp_stream *out = &atcp_sk(sk)->out;
	struct atcp_chunk *chunk;

	out->seq += bytes;
	while ((chunk = first_chunk(out)) && bytes >= chunk->len) {
		bytes -= chunk->len;
		if (out->cursor == chunk)
			out->cursor = NULL;
		free_chunk(sk, chunk);
	}
	if (!bytes)
		return;
	chunk->off += bytes;
	chunk->len -= bytes;
	uncharge(sk, bytes);
	if (out->cursor == chunk)
		out->cursor_seq = out->seq;
}

/**
 * atcp_send_begin() - The connection is established: the stream begins.
 * @sk: Socket that nothing has been written to.
 *
 * Context: SK held.
 */
void atcp_send_begin(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	asock->out.seq = asock->conn.snd.end;
	asock->out.end = asock->conn.snd.end;
	grow_sndbuf(sk);
}

/**
 * atcp_send_acked() - Free what the peer has acknowledged.
 * @sk: Socket.
 *
 * Context: SK held.
 */
void atcp_send_acked(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u32 bytes = atcp_conn_data_una(&asock->conn) - asock->out.seq;

	if (list_empty(&asock->out.chunks) || !bytes || (s32)bytes < 0)
		return;
	drop_front(sk, bytes);
	grow_sndbuf(sk);
}

/**
 * atcp_send_purge() - Forget all that has been written.
 * @sk: Socket whose connection is over.
 *
 * Context: SK held, or nobody else knows the socket.
 */
void atcp_send_purge(struct sock *sk)
{
	struct atcp_stream *out = &atcp_sk(sk)->out;
	struct atcp_chunk *chunk;

	while ((chunk = first_chunk(out)))
		free_chunk(sk, chunk);
	out->cursor = NULL;
	out->seq = out->end;
}

/*
 * The chunk that holds @seq, and in @at the number of its first byte. New data
 * is found by the cursor, older data by a walk from the front.
 */
static struct atcp_chunk *find_chunk(struct atcp_stream *out, u32 seq, u32 *at)
{
	struct atcp_chunk *chunk = first_chunk(out);

	*at = out->seq;
	if (out->cursor && !atcp_before(seq, out->cursor_seq)) {
		chunk = out->cursor;
		*at = out->cursor_seq;
	}
	list_for_each_entry_from(chunk, &out->chunks, link) {
		if (atcp_before(seq, *at + chunk->len))
			return chunk;
		*at += chunk->len;
	}
	return NULL;
}

static void add_frag(struct sk_buff *skb, struct page *page, u32 off, u32 len)
{
	int i = skb_shinfo(skb)->nr_frags;

	if (skb_can_coalesce(skb, i, page, off)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], len);
	} else {
		get_page(page);
		skb_fill_page_desc(skb, i, page, off, len);
	}
	skb->len += len;
	skb->data_len += len;
	skb->truesize += len;
}

/* Attach the pages of a range. False: it is in more pieces than an skb takes. */
static bool attach(struct atcp_stream *out, struct sk_buff *skb, u32 seq,
		   u32 len)
{
	struct atcp_chunk *chunk;
	u32 at, skip, part;

	chunk = find_chunk(out, seq, &at);
	list_for_each_entry_from(chunk, &out->chunks, link) {
		out->cursor = chunk;
		out->cursor_seq = at;
		if (skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS)
			return false;
		skip = seq - at;
		part = min(len, chunk->len - skip);
		add_frag(skb, chunk->page, chunk->off + skip, part);
		seq += part;
		len -= part;
		if (!len)
			return true;
		at += chunk->len;
	}
	return false;
}

static void detach_all(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		put_page(skb_frag_page(&shinfo->frags[i]));
	shinfo->nr_frags = 0;
	skb->len -= skb->data_len;
	skb->truesize -= skb->data_len;
	skb->data_len = 0;
}

static void copy_from_stream(struct atcp_stream *out, u8 *to, u32 seq, u32 len)
{
	struct atcp_chunk *chunk;
	u32 at, skip, part;

	chunk = find_chunk(out, seq, &at);
	list_for_each_entry_from(chunk, &out->chunks, link) {
		skip = seq - at;
		part = min(len, chunk->len - skip);
		memcpy(to, page_address(chunk->page) + chunk->off + skip, part);
		to += part;
		seq += part;
		len -= part;
		if (!len)
			return;
		at += chunk->len;
	}
}

static_assert(MAX_SKB_FRAGS * PAGE_SIZE > U16_MAX, "a packet fits in pages");

/* Many small writes: their bytes together in pages of the skb's own. */
static int copy_range(struct atcp_stream *out, struct sk_buff *skb, u32 seq,
		      u32 len)
{
	while (len) {
		struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		u32 part = min_t(u32, len, PAGE_SIZE);

		if (!page)
			return -ENOMEM;
		copy_from_stream(out, page_address(page), seq, part);
		add_frag(skb, page, 0, part);
		put_page(page);
		seq += part;
		len -= part;
	}
	return 0;
}

/**
 * atcp_send_fill() - Put a range of the stream into an skb, as page fragments.
 * @sk: Socket.
 * @skb: Without fragments; its truesize grows by what is added, before anyone
 *	is charged for it.
 * @seq: First byte, not acknowledged yet.
 * @len: Bytes, all of them written already; at most 65,535.
 *
 * Context: SK held.
 * Return: 0, -ENOMEM, or -EINVAL if the stream has no such range. The skb is
 * only good for kfree_skb() after an error.
 */
int atcp_send_fill(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len)
{
	struct atcp_stream *out = &atcp_sk(sk)->out;

	if (WARN_ON_ONCE(atcp_before(seq, out->seq) ||
			 atcp_after(seq + len, out->end) ||
			 len > U16_MAX))
		return -EINVAL;
	if (attach(out, skb, seq, len))
		return 0;
	detach_all(skb);
	return copy_range(out, skb, seq, len);
}

/* Room for one more piece, with @pfrag's reference to its page. */
static struct atcp_chunk *new_chunk(struct sock *sk, struct page_frag *pfrag)
{
	struct atcp_stream *out = &atcp_sk(sk)->out;
	struct atcp_chunk *chunk;

	chunk = kmem_cache_alloc(chunks, sk->sk_allocation);
	if (!chunk)
		return NULL;
	get_page(pfrag->page);
	chunk->page = pfrag->page;
	chunk->off = pfrag->offset;
	chunk->len = 0;
	list_add_tail(&chunk->link, &out->chunks);
	charge(sk, CHUNK_COST);
	return chunk;
}

/*
 * The last piece, if @pfrag continues it. A tiny send that begins a new burst
 * begins a piece too, and pays for it.
 */
static struct atcp_chunk *last_chunk_at(struct sock *sk,
					const struct page_frag *pfrag, u32 len)
{
	const struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_stream *out = &atcp_sk(sk)->out;
	struct atcp_chunk *chunk;

	if (list_empty(&out->chunks))
		return NULL;
	if (len < TINY_BYTES && conn->snd.nxt == out->end)
		return NULL;
	chunk = list_last_entry(&out->chunks, struct atcp_chunk, link);
	if (chunk->page != pfrag->page ||
	    chunk->off + chunk->len != pfrag->offset)
		return NULL;
	return chunk;
}

/*
 * Copy up to @most bytes behind what is in the stream.
 *
 * Return: bytes, -ENOMEM if it is worth to wait for memory, -EFAULT.
 */
static int copy_some(struct sock *sk, struct msghdr *msg, u32 most)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	struct atcp_chunk *chunk, *last;
	size_t copied;

	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOMEM;
	most = min(most, pfrag->size - pfrag->offset);
	if (!sk_wmem_schedule(sk, most + CHUNK_COST)) {
		/* Who has nothing queued would wait for ever: a page on credit. */
		if (!list_empty(&atcp_sk(sk)->out.chunks))
			return -ENOMEM;
		most = min_t(u32, most, PAGE_SIZE);
	}

	last = last_chunk_at(sk, pfrag, most);
	chunk = last ?: new_chunk(sk, pfrag);
	if (!chunk)
		return -ENOMEM;
	copied = copy_page_from_iter(pfrag->page, pfrag->offset, most,
				     &msg->msg_iter);
	if (!copied) {
		if (!last)
			free_chunk(sk, chunk);
		return -EFAULT;
	}
	chunk->len += copied;
	pfrag->offset += copied;
	charge(sk, copied);
	atcp_sk(sk)->out.end += copied;
	return copied;
}

/* Tell the core what has been written since it last was, and send. */
static void push(struct sock *sk, u8 flags)
{
	struct atcp_sock *asock = atcp_sk(sk);
	struct atcp_step step;

	atcp_sock_begin(&step);
	atcp_conn_written(&asock->conn, asock->out.end - asock->conn.snd.end,
			  flags, &step);
	atcp_sock_settle(sk, &step);
}

static u32 untold(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);

	return asock->out.end - asock->conn.snd.end;
}

/* How much to copy at once: a small send buffer is not to be overrun by much. */
static u32 most_now(const struct sock *sk, struct msghdr *msg)
{
	u32 room = max_t(int, sk_stream_wspace(sk), PAGE_SIZE);

	return min_t(size_t, msg_data_left(msg), min_t(u32, room, PUSH_BYTES));
}

/* Sleep until there is room, after sending what there is. */
static int wait_for_room(struct sock *sk, long *timeo)
{
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	if (untold(sk)) {
		push(sk, ATCP_WRITE_PUSH);
		if (sk_stream_memory_free(sk))
			return 0;
	}
	return sk_stream_wait_memory(sk, timeo);
}

static int send_error(const struct sock *sk)
{
	return sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN ? -EPIPE : 0;
}

/*
 * Copy all of @msg, sending in between.
 *
 * Return: why it has stopped, 0 when all is copied. What has been copied is in
 * @copied either way.
 */
static int copy_all(struct sock *sk, struct msghdr *msg, long timeo,
		    size_t *copied)
{
	int err;

	while (msg_data_left(msg)) {
		int n = -ENOMEM;

		err = send_error(sk);
		if (err)
			return err;
		if (sk_stream_memory_free(sk))
			n = copy_some(sk, msg, most_now(sk, msg));
		if (n == -ENOMEM) {
			err = wait_for_room(sk, &timeo);
			if (err)
				return err;
			continue;
		}
		if (n < 0)
			return n;
		*copied += n;
		if (untold(sk) >= PUSH_BYTES && msg_data_left(msg))
			push(sk, ATCP_WRITE_MORE);
	}
	return 0;
}

static u8 write_flags(int flags)
{
	u8 how = flags & MSG_MORE ? ATCP_WRITE_MORE : ATCP_WRITE_PUSH;

	return flags & MSG_OOB ? how | ATCP_WRITE_URGENT : how;
}

static bool may_send(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

static int send_locked(struct sock *sk, struct msghdr *msg)
{
	int flags = msg->msg_flags;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	size_t copied = 0;
	int err = 0;

	if (flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	if (msg->msg_controllen) {
		struct sockcm_cookie cookie = {};

		err = sock_cmsg_send(sk, msg, &cookie);
		if (err)
			return -EINVAL;
	}
	if (!may_send(sk))
		err = sk_stream_wait_connect(sk, &timeo);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (!err)
		err = send_error(sk);
	if (!err)
		err = copy_all(sk, msg, timeo, &copied);
	/* Only a send that is complete ends in an urgent byte. */
	if (err)
		flags &= ~(MSG_OOB | MSG_MORE);
	if (may_send(sk) && untold(sk))
		push(sk, write_flags(flags));
	if (copied)
		return copied;
	if (!err)
		return 0;
	err = sk_stream_error(sk, flags, err);
	if (err == -EAGAIN)
		sk->sk_write_space(sk);
	return err;
}

/**
 * atcp_send_msg() - proto.sendmsg.
 * @sk: Socket.
 * @msg: What to send, and MSG_* flags.
 * @len: Bytes in @msg.
 *
 * Context: Process.
 * Return: bytes taken, which may be fewer than @len, or an errno.
 */
int atcp_send_msg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int ret;

	lock_sock(sk);
	ret = send_locked(sk, msg);
	release_sock(sk);
	return ret;
}

/**
 * atcp_send_splice_eof() - proto.splice_eof: a sendfile() has no more.
 * @sock: Socket.
 *
 * The data came with MSG_MORE, which turns out to have been wrong.
 */
void atcp_send_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if (may_send(sk) && atcp_sk(sk)->conn.flags & ATCP_CONN_MORE)
		push(sk, ATCP_WRITE_PUSH);
	release_sock(sk);
}
