/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/notice_limit.h"

#include <stdio.h>

#include "base/i18n.h"

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

const char *notice_left_out(uint64_t left_out, char buffer[NOTICE_LEFT_OUT_BYTES])
{
	buffer[0] = '\0';
	if (left_out)
		snprintf(buffer, NOTICE_LEFT_OUT_BYTES,
			_(" (%llu others since the last such note)"), (unsigned long long)left_out);
	return buffer;
}
