/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The fence, on whatever kernel there is: a laboratory that has one although it needs none. That it helps where it
 * is needed, the test of a kernel shows that needs it (tests/kernels).
 */

#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include "lab/fence.h"

static struct lab *lab_of(void **state)
{
	return &((struct rig *)*state)->lab;
}

static void open_fence(struct lab *lab)
{
	struct error err = {0};

	fence_close(&lab->fence);
	if (fence_open(&lab->fence, lab->hosts[HOST_SERVER].wire_index,
		    lab->hosts[HOST_SERVER].netns_fd, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_passes(void **state)
{
	struct lab *lab = lab_of(state);
	struct error err = {0};

	open_fence(lab);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(fence_pass(&lab->fence, &err), 0);
}

/* The frames are no packets of the experiment, and a connection lives among them as ever. */
static void test_is_not_seen(void **state)
{
	struct rig *rig = *state;

	open_fence(&rig->lab);
	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_expect(rig, TCP_STATE_FIN_WAIT2, TCP_STATE_CLOSE_WAIT);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
	assert_int_equal(rig_count(rig, WIRE_SYN, HOST_COUNT), 1);
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_COUNT), 2);
}

/* It waits for its own frame: one that nobody waited for any more does not do. */
static void test_waits_for_its_own(void **state)
{
	struct lab *lab = lab_of(state);
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_802_EX1),
		.sll_ifindex = lab->hosts[HOST_SERVER].wire_index,
		.sll_halen = ETH_ALEN,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	struct error err = {0};
	unsigned char number;

	open_fence(lab);
	number = (unsigned char)(lab->fence.number + 2);
	assert_int_equal(
		sendto(lab->fence.near_fd, &number, 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(fence_pass(&lab->fence, &err), 0);
	assert_int_equal(recv(lab->fence.far_fd, &number, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_binds_to_one_processor(void **state)
{
	struct lab *lab = lab_of(state);
	cpu_set_t before, meanwhile, after;

	fence_close(&lab->fence);
	assert_return_code(sched_getaffinity(0, sizeof(before), &before), errno);
	open_fence(lab);
	assert_return_code(sched_getaffinity(0, sizeof(meanwhile), &meanwhile), errno);
	assert_int_equal(CPU_COUNT(&meanwhile), 1);
	fence_close(&lab->fence);
	assert_return_code(sched_getaffinity(0, sizeof(after), &after), errno);
	assert_true(CPU_EQUAL(&before, &after));
}

static void test_device_that_is_not_there(void **state)
{
	struct lab *lab = lab_of(state);
	struct error err = {0};

	open_fence(lab);
	lab->fence.device = 4711;
	assert_int_equal(fence_pass(&lab->fence, &err), -ENXIO);
	assert_string_equal(err.text, "cannot put up a fence: No such device or address");
}

/* Both ends on one device, which is what the laboratory on the loopback has. */
static void test_on_a_loopback(void **state)
{
	struct lab *lab = lab_of(state);
	struct fence fence;
	struct error err = {0};
	int r;

	fence_close(&lab->fence);
	assert_int_equal(sandbox_switch(lab->hosts[HOST_CLIENT].netns_fd, &err), 0);
	r = fence_open(&fence, (int)if_nametoindex("lo"), -1, &err);
	assert_int_equal(sandbox_switch(lab->sandbox.base_netns_fd, NULL), 0);
	if (r < 0)
		fail_msg("%s", err.text);
	for (int i = 0; i < 100; i++)
		assert_int_equal(fence_pass(&fence, &err), 0);
	fence_close(&fence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_passes),
		rig_test(test_is_not_seen),
		rig_test(test_waits_for_its_own),
		rig_test(test_binds_to_one_processor),
		rig_test(test_device_that_is_not_there),
		rig_test(test_on_a_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
