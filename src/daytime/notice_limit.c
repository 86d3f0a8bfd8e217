/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/notice_limit.h"

bool notice_limit_allows(struct notice_limit *limit, int64_t now_ns, uint64_t *ret_left_out)
{
	int64_t until_ns = atomic_load(&limit->quiet_until_ns);

	if (now_ns < until_ns || !atomic_compare_exchange_strong(&limit->quiet_until_ns, &until_ns,
					 now_ns + NOTICE_INTERVAL_NS)) {
		atomic_fetch_add(&limit->left_out, 1);
		return false;
	}
	*ret_left_out = atomic_exchange(&limit->left_out, 0);
	return true;
}
