/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/calendar.h"

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097 /* 400 years, after which the calendar repeats */
#define DAYS_TO_1970    719468 /* from 0000-03-01 */

const char *const calendar_weekdays[7] = {
	"Sunday",
	"Monday",
	"Tuesday",
	"Wednesday",
	"Thursday",
	"Friday",
	"Saturday",
};

const char *const calendar_months[12] = {
	"January",
	"February",
	"March",
	"April",
	"May",
	"June",
	"July",
	"August",
	"September",
	"October",
	"November",
	"December",
};

static int64_t floor_divide(int64_t number, int64_t divisor)
{
	return number / divisor - (number % divisor < 0);
}

/* Years are counted from March, so that the leap day is the last of its year. */
int64_t calendar_days(int64_t year, int month, int day)
{
	int64_t march_year = year - (month <= 2);
	int64_t era = floor_divide(march_year, 400);
	int64_t year_of_era = march_year - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void split_days(int64_t days, struct civil *civil)
{
	int64_t shifted = days + DAYS_TO_1970;
	int64_t era = floor_divide(shifted, DAYS_PER_ERA);
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;

	civil->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	civil->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	civil->year = year_of_era + era * 400 + (civil->month <= 2);
	civil->weekday = (int)(days + 4 - floor_divide(days + 4, 7) * 7);
}

struct civil calendar_split(int64_t seconds)
{
	struct civil civil;
	int64_t days = floor_divide(seconds, SECONDS_PER_DAY);
	int rest = (int)(seconds % SECONDS_PER_DAY);

	if (rest < 0)
		rest += SECONDS_PER_DAY;
	split_days(days, &civil);
	civil.hour = rest / 3600;
	civil.minute = rest / 60 % 60;
	civil.second = rest % 60;
	return civil;
}

int64_t calendar_join(const struct civil *civil)
{
	return calendar_days(civil->year, civil->month, civil->day) * SECONDS_PER_DAY +
	       civil->hour * 3600 + civil->minute * 60 + civil->second;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool calendar_is_valid(const struct civil *civil)
{
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int length;

	if (civil->month < 1 || civil->month > 12)
		return false;
	length = lengths[civil->month - 1] + (civil->month == 2 && is_leap(civil->year));
	return civil->day >= 1 && civil->day <= length && civil->hour >= 0 && civil->hour <= 23 &&
	       civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 &&
	       civil->second <= 60;
}
