/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	if (err) {
		va_list args;

		*err = (struct error){.code = code};
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return -code;
}

int error_errno(struct error *err, int code, const char *format, ...)
{
	if (err) {
		va_list args;
		size_t used;

		*err = (struct error){.code = code};
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
		used = strlen(err->text);
		snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(code));
	}
	return -code;
}

const char *error_name(int code, char text[ERROR_NAME_BYTES])
{
	const char *name = strerrorname_np(code);

	if (name)
		snprintf(text, ERROR_NAME_BYTES, "%s", name);
	else
		snprintf(text, ERROR_NAME_BYTES, "E%d", code);
	return text;
}
