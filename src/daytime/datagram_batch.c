/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/datagram_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daytime/format.h"

/* One piece of ancillary data: which of our addresses it came to, or goes from. */
union control {
	struct cmsghdr aligned;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct datagram_batch {
	int received;
	struct datagram datagrams[DATAGRAM_BATCH];
	struct mmsghdr queries[DATAGRAM_BATCH];
	union control destinations[DATAGRAM_BATCH];
	struct iovec into[DATAGRAM_BATCH];

	int to_answer; /* the first of these, each about a datagram above */
	struct mmsghdr answers[DATAGRAM_BATCH];
	union control sources[DATAGRAM_BATCH];
	struct iovec line; /* the same for all */
	char text[FORMAT_LINE_BYTES];
};

/*
 * One of them.
 */

static void read_destination(struct msghdr *message, struct datagram *datagram)
{
	struct cmsghdr *each;

	datagram->destination_family = AF_UNSPEC;
	for (each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
		if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
			memcpy(&datagram->destination.ipv4, CMSG_DATA(each),
				sizeof(datagram->destination.ipv4));
			datagram->destination_family = AF_INET;
		}
		if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
			memcpy(&datagram->destination.ipv6, CMSG_DATA(each),
				sizeof(datagram->destination.ipv6));
			datagram->destination_family = AF_INET6;
		}
	}
}

/* The kernel writes the lengths, so they are set anew before each receive. */
static void prepare_to_receive(struct msghdr *message, struct datagram *datagram,
	union control *control, struct iovec *into)
{
	*into = (struct iovec){datagram->bytes, sizeof(datagram->bytes) - 1};
	message->msg_name = &datagram->source;
	message->msg_namelen = sizeof(datagram->source);
	message->msg_iov = into;
	message->msg_iovlen = 1;
	message->msg_control = control;
	message->msg_controllen = sizeof(*control);
}

static void take_received(struct msghdr *message, size_t length, struct datagram *datagram)
{
	size_t most = sizeof(datagram->bytes) - 1;

	datagram->length = length;
	datagram->bytes[length < most ? length : most] = '\0';
	datagram->source_length = message->msg_namelen;
	read_destination(message, datagram);
}

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *header;

	message->msg_controllen = CMSG_SPACE(size);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), data, size);
}

static void write_source(
	struct msghdr *message, union control *control, const struct datagram *datagram)
{
	struct in_pktinfo ipv4 = {.ipi_spec_dst = datagram->destination.ipv4.ipi_spec_dst};
	struct in6_pktinfo ipv6 = datagram->destination.ipv6;

	message->msg_control = control;
	if (datagram->destination_family == AF_INET) {
		add_control(message, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
	} else if (datagram->destination_family == AF_INET6) {
		/* The routing table chooses the way back; link-local addresses have but one. */
		if (!IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr))
			ipv6.ipi6_ifindex = 0;
		add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
	} else {
		message->msg_control = NULL;
		message->msg_controllen = 0;
	}
}

static void prepare_to_answer(struct msghdr *message, struct datagram *datagram,
	union control *control, struct iovec *line)
{
	message->msg_name = &datagram->source;
	message->msg_namelen = datagram->source_length;
	message->msg_iov = line;
	message->msg_iovlen = 1;
	write_source(message, control, datagram);
}

int datagram_batch_open(struct datagram_batch **ret_batch)
{
	struct datagram_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	for (int i = 0; i < DATAGRAM_BATCH; i++)
		prepare_to_receive(&batch->queries[i].msg_hdr, &batch->datagrams[i],
			&batch->destinations[i], &batch->into[i]);
	*ret_batch = batch;
	return 0;
}

void datagram_batch_close(struct datagram_batch *batch)
{
	free(batch);
}

int datagram_batch_receive(struct datagram_batch *batch, int fd)
{
	int count;

	/* What the kernel did not fill the last time is still as it should be. */
	for (int i = 0; i < batch->received; i++)
		prepare_to_receive(&batch->queries[i].msg_hdr, &batch->datagrams[i],
			&batch->destinations[i], &batch->into[i]);
	batch->received = 0;
	count = recvmmsg(fd, batch->queries, DATAGRAM_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++)
		take_received(&batch->queries[i].msg_hdr, batch->queries[i].msg_len,
			&batch->datagrams[i]);
	batch->received = count;
	return count;
}

static enum datagram_verdict judge(
	const struct datagram *datagram, const struct datagram_rules *rules, int64_t now_ns)
{
	enum datagram_verdict verdict =
		datagram_judge(datagram, rules->own_port, rules->least_bytes);
	uint64_t hash;

	if (verdict != DATAGRAM_ANSWER || !rules->rate)
		return verdict;
	hash = prefix_hash(rules->key, &datagram->source.any, datagram->source_length);
	return rate_allows(rules->rate, hash, now_ns) ? DATAGRAM_ANSWER : DATAGRAM_RATE;
}

void datagram_batch_judge(struct datagram_batch *batch, const struct datagram_rules *rules,
	int64_t now_ns, struct datagram_judgement *ret_judgement)
{
	*ret_judgement = (struct datagram_judgement){0};
	batch->to_answer = 0;
	for (int i = 0; i < batch->received; i++) {
		struct datagram *datagram = &batch->datagrams[i];
		enum datagram_verdict verdict = judge(datagram, rules, now_ns);

		ret_judgement->counts[verdict]++;
		if (verdict == DATAGRAM_ANSWER) {
			int place = batch->to_answer++;

			prepare_to_answer(&batch->answers[place].msg_hdr, datagram,
				&batch->sources[place], &batch->line);
		} else if (!ret_judgement->refused) {
			ret_judgement->refused = datagram;
			ret_judgement->reason = verdict;
		}
	}
}

/* No other datagram would fare better. */
static bool is_socket_full(int code)
{
	return code == EAGAIN || code == ENOBUFS || code == ENOMEM;
}

void datagram_batch_answer(struct datagram_batch *batch, int fd, const char *line, size_t length,
	struct datagram_outcome *ret_outcome)
{
	int at = 0;

	ret_outcome->answered = ret_outcome->failed = 0;
	if (length > sizeof(batch->text))
		length = sizeof(batch->text);
	memcpy(batch->text, line, length);
	batch->line = (struct iovec){batch->text, length};
	/* The call stops before the first that fails; asked to begin there, it says why. */
	while (at < batch->to_answer) {
		int sent = sendmmsg(
			fd, &batch->answers[at], (unsigned)(batch->to_answer - at), MSG_DONTWAIT);

		if (sent > 0) {
			ret_outcome->answered += sent;
			at += sent;
			continue;
		}
		do
			ret_outcome->errors[ret_outcome->failed++] = errno;
		while (++at < batch->to_answer && is_socket_full(errno));
	}
	batch->to_answer = 0;
}
