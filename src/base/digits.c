/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/digits.h"

/* "00" to "99": two digits for each division. */
#define ROW(tens)                                                                                  \
	tens "0" tens "1" tens "2" tens "3" tens "4" tens "5" tens "6" tens "7" tens "8" tens "9"

static const char pairs[201] =
	ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6") ROW("7") ROW("8") ROW("9");

static char *put_pair(char *at, uint64_t number)
{
	memcpy(at, pairs + 2 * number, 2);
	return at + 2;
}

unsigned int digits_count(uint64_t number)
{
	unsigned int count = 1;

	for (; number >= 10; number /= 10)
		count++;
	return count;
}

/* Ports and queues: of known length, so without a call. */
static char *put_short(char *at, uint32_t number)
{
	if (number < 10) {
		*at = (char)('0' + number);
		return at + 1;
	}
	if (number < 100)
		return put_pair(at, number);
	if (number < 1000) {
		*at = (char)('0' + number / 100);
		return put_pair(at + 1, number % 100);
	}
	if (number < 10000)
		return put_pair(put_pair(at, number / 100), number % 100);
	*at = (char)('0' + number / 10000);
	number %= 10000;
	return put_pair(put_pair(at + 1, number / 100), number % 100);
}

char *digits_put(char *at, uint64_t number)
{
	char digits[DIGITS_BYTES];
	char *first = digits + sizeof(digits);
	size_t length;

	if (number < 100000)
		return put_short(at, (uint32_t)number);
	for (; number >= 100; number /= 100) {
		first -= 2;
		memcpy(first, pairs + 2 * (number % 100), 2);
	}
	first -= 2;
	memcpy(first, pairs + 2 * number, 2);
	first += number < 10;
	length = (size_t)(digits + sizeof(digits) - first);
	memcpy(at, first, length);
	return at + length;
}

char *digits_put_thousandths(char *at, uint64_t thousandths)
{
	at = digits_put(at, thousandths / 1000);
	thousandths %= 1000;
	*at++ = '.';
	*at++ = (char)('0' + thousandths / 100);
	thousandths %= 100;
	if (!thousandths)
		return at;
	at = put_pair(at, thousandths);
	return at - (at[-1] == '0');
}

char *digits_put_hundredths(char *at, uint64_t thousandths)
{
	uint64_t hundredths = (thousandths + 5) / 10;

	at = digits_put(at, hundredths / 100);
	*at++ = '.';
	return put_pair(at, hundredths % 100);
}
