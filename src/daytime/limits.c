/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/limits.h"

bool notice_limit_allows(struct notice_limit *limit, int64_t now_ns, uint64_t *ret_left_out)
{
	if (now_ns < limit->quiet_until_ns) {
		limit->left_out++;
		return false;
	}
	*ret_left_out = limit->left_out;
	limit->left_out = 0;
	limit->quiet_until_ns = now_ns + NOTICE_INTERVAL_NS;
	return true;
}
