/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_I18N_H
#define BASE_I18N_H

/*
 * Every message a person reads goes through gettext; English is the source.
 * _() translates here and now, N_() marks a string in a table for translation later.
 * What a program reads (JSON keys, state names, TAP) is never translated.
 */

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) (text)

#endif
