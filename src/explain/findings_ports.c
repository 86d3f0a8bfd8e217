/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/i18n.h"
#include "explain/budget.h"
#include "explain/findings_checks.h"

#define USED_NOTE_PERCENT 50
#define USED_WARN_PERCENT 80
#define SOON_S            60
/* Of many destinations, those that are worst off. */
#define DESTINATIONS_SHOWN 5
/* The kernel's own range has 28232. */
#define FEW_PORTS 10000

/* What is left of the ports for connections from one address of this host to one destination. */
struct ports {
	const struct checkup_destination *destination;
	struct budget budget;
	int64_t used, left;
	double used_percent; /* what connect() could take over is not used */
	double growth_per_s; /* by which `used` has grown between two looks */
	double closes_per_s;
	double exhausted_s; /* until none is left, at this rate; -1 for never */
};

static bool is_in_range(const struct settings *settings, uint32_t port)
{
	return settings->has_port_range && port >= settings->port_low &&
	       port <= settings->port_high;
}

/* Listeners in the range whose port connect() would pass over; several may share a port. */
static int64_t listened_in_range(const struct checkup *checkup)
{
	uint64_t ports[SETTINGS_PORTS / 64] = {0};
	int64_t count = 0;

	for (size_t i = 0; i < checkup->listener_count; i++) {
		uint32_t port = checkup->listeners[i].socket.local.port;

		if (is_in_range(&checkup->settings, port) &&
			!settings_reserves(&checkup->settings, port) &&
			!(ports[port / 64] >> port % 64 & 1)) {
			ports[port / 64] |= UINT64_C(1) << port % 64;
			count++;
		}
	}
	return count;
}

/* How many connections to one destination the range and the reservations allow. */
static int64_t range_ports(const struct settings *settings)
{
	const struct endpoint nobody = {.family = AF_INET};
	struct budget budget;
	uint32_t ports;

	budget_start(&budget, settings, &nobody, &nobody);
	ports = budget_usable(&budget);
	budget_finish(&budget);
	return ports;
}

/*
 * The same as budget_add() of each socket and budget_count(), from counts by second. Ports that other
 * destinations have are free to this one, unless bind() chose them, which no socket tells.
 */
static void fill_budget(
	struct budget *budget, const struct checkup_destination *destination, int64_t listened)
{
	uint32_t delay_s = (budget->reuse_delay_ms + 999) / 1000;
	bool is_reuse_on = budget->reuse == BUDGET_REUSE_ON;
	uint32_t taken, usable;

	budget->held = (uint32_t)listened;
	budget->connected = destination->live;
	budget->births = destination->young;
	budget->reusable = is_reuse_on ? destination->reusable : 0;
	budget->waiting = destination->time_wait - budget->reusable;
	for (uint32_t second = 0; second < CHECKUP_SECONDS && !is_reuse_on; second++)
		budget->back_in[second + 1 < BUDGET_SECONDS ? second + 1 : BUDGET_SECONDS - 1] +=
			destination->left_s[second];
	if (is_reuse_on && delay_s < BUDGET_SECONDS)
		budget->back_in[delay_s] = budget->waiting;
	usable = budget_usable(budget);
	taken = budget->connected + budget->waiting + budget->reusable;
	budget->free = usable > taken ? usable - taken : 0;
}

/* In TIME_WAIT for at most so long. */
#define FRESH_S 3

static uint32_t fresh(const struct checkup_destination *destination)
{
	uint32_t count = 0;

	for (uint32_t second = BUDGET_TIME_WAIT_MS / 1000 - FRESH_S; second < CHECKUP_SECONDS;
		second++)
		count += destination->left_s[second];
	return count;
}

/*
 * As the ages of TIME_WAITs tell, of the last ten seconds; or where it began, or rose, within them, of the
 * last three, as far as two looks saw it go on: a burst that is over is no rate.
 */
static double closes_per_s(const struct ports *ports)
{
	double rate = budget_rate(&ports->budget);
	double late = (double)fresh(ports->destination) / FRESH_S;

	if (late > ports->growth_per_s)
		late = ports->growth_per_s;
	return late > rate ? late : rate;
}

/*
 * At that rate; or, where most ports are in use, at which they are taken as two looks tell: while most are
 * free, a moment's growth may be a pool that is just filling.
 */
static void forecast(struct ports *ports)
{
	double rate = ports->closes_per_s;
	bool is_growing = ports->used_percent >= USED_NOTE_PERCENT && ports->growth_per_s > rate;

	if (ports->left <= 0) {
		ports->exhausted_s = 0;
		return;
	}
	ports->exhausted_s =
		budget_exhaustion_s(&ports->budget, is_growing ? ports->growth_per_s : rate);
	if (ports->exhausted_s < 0 && is_growing)
		ports->exhausted_s = (double)ports->left / ports->growth_per_s;
}

static void draw_up(struct ports *ports, const struct checkup *checkup, int64_t listened)
{
	const struct checkup_destination *destination = ports->destination;
	struct budget *budget = &ports->budget;
	uint32_t usable;

	budget_start(budget, &checkup->settings, &destination->local, &destination->peer);
	fill_budget(budget, destination, listened);
	budget_finish(budget);
	usable = budget_usable(budget);
	ports->used = (int64_t)destination->live + destination->time_wait;
	ports->left = (int64_t)budget->free + budget->reusable;
	ports->used_percent =
		usable ? 100.0 * (double)(ports->used - budget->reusable) / usable : 100;
	if (checkup->looks_s >= FINDINGS_LEAST_WINDOW_S)
		ports->growth_per_s =
			((double)ports->used - destination->used_before) / checkup->looks_s;
	ports->closes_per_s = closes_per_s(ports);
	forecast(ports);
}

static int by_left(const void *left, const void *right)
{
	const struct ports *a = left, *b = right;

	return a->left < b->left ? -1 : a->left > b->left;
}

/* -1: nothing to say. */
static int weigh(const struct ports *ports)
{
	if (ports->exhausted_s >= 0 && ports->exhausted_s <= SOON_S)
		return SEVERITY_BAD;
	if (ports->exhausted_s >= 0 || ports->used_percent >= USED_WARN_PERCENT)
		return SEVERITY_WARN;
	return ports->used_percent >= USED_NOTE_PERCENT ? SEVERITY_NOTE : -1;
}

static struct finding *title(
	struct findings *findings, enum severity severity, const struct ports *ports)
{
	char local[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];

	endpoint_address(&ports->destination->local, local);
	endpoint_format(&ports->destination->peer, peer);
	if (ports->left <= 0)
		return finding_add(
			findings, severity, _("no port is left from %s to %s"), local, peer);
	if (ports->exhausted_s >= 0)
		return finding_add(findings, severity,
			_("the ports from %s to %s will be used up in %.0f s"), local, peer,
			ports->exhausted_s);
	return finding_add(findings, severity, _("%.0f%% of the ports from %s to %s are in use"),
		ports->used_percent, local, peer);
}

static void add_facts(struct finding *finding, const struct ports *ports)
{
	const struct checkup_destination *destination = ports->destination;
	char local[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];

	finding_fact_text(finding, "local", NULL, endpoint_address(&destination->local, local));
	finding_fact_text(finding, "peer", NULL, endpoint_address(&destination->peer, peer));
	finding_fact(finding, "peer_port", NULL, FACT_COUNT, destination->peer.port);
	finding_fact(finding, "range", N_("ports in the range"), FACT_COUNT,
		(double)ports->budget.range);
	finding_fact(
		finding, "reserved", N_("reserved"), FACT_COUNT, (double)ports->budget.reserved);
	finding_fact(finding, "listened", N_("taken by listeners"), FACT_COUNT,
		(double)ports->budget.held);
	finding_fact(finding, "used", N_("used"), FACT_COUNT, (double)ports->used);
	finding_fact(finding, "time_wait", N_("of them in TIME_WAIT"), FACT_COUNT,
		destination->time_wait);
	finding_fact(
		finding, "reusable", N_("reusable"), FACT_COUNT, (double)ports->budget.reusable);
	finding_fact(finding, "free", N_("free"), FACT_COUNT,
		(double)(ports->left > 0 ? ports->left : 0));
	finding_fact(finding, "closes_per_s", N_("connections closed"), FACT_PER_SECOND,
		ports->closes_per_s);
	if (ports->exhausted_s >= 0)
		finding_fact(finding, "exhausted_s", N_("until none is left"), FACT_SECONDS,
			ports->exhausted_s);
}

static void tell(struct findings *findings, enum severity severity, const struct ports *ports)
{
	struct finding *finding = title(findings, severity, ports);

	add_facts(finding, ports);
	finding_mean(finding, "%s",
		_("A connection needs a port of its own towards each destination, for as long as "
		  "it lives, and a minute more if this end closes first. When none is left, "
		  "connect() fails with EADDRNOTAVAIL (\"Cannot assign requested address\"), to "
		  "this destination alone. From half of the range on, each connect() also takes "
		  "longer."));
	finding_advise(finding, "%s",
		_("Keep connections open and use them again (pooling, keep-alive); or let the peer "
		  "close first, so that TIME_WAIT is there; or widen net.ipv4.ip_local_port_range; "
		  "or connect from a second address, or to a second port of the peer."));
	if (ports->budget.waiting && (ports->budget.reuse == BUDGET_REUSE_OFF ||
					     ports->budget.reuse == BUDGET_REUSE_LOOPBACK_ONLY))
		finding_advise(finding, " %s",
			_("net.ipv4.tcp_tw_reuse=1 lets connect() take ports from TIME_WAIT after "
			  "a second, if both ends have timestamps."));
}

/* Is it worth drawing up a budget: has it half the ports, or will it in a minute, as it goes? */
static bool is_busy(const struct checkup_destination *destination, int64_t usable)
{
	int64_t used = (int64_t)destination->live + destination->time_wait;
	int64_t by_young = INT64_C(60) / CHECKUP_YOUNG_S * destination->young;
	int64_t by_fresh = INT64_C(60) / FRESH_S * fresh(destination);
	int64_t in_a_minute = destination->live + (by_young > by_fresh ? by_young : by_fresh);

	return 2 * (used > in_a_minute ? used : in_a_minute) >= usable;
}

static size_t draw_up_all(struct ports *all, const struct checkup *checkup)
{
	int64_t listened = listened_in_range(checkup);
	int64_t usable = range_ports(&checkup->settings) - listened;
	size_t count = 0;

	for (size_t i = 0; i < checkup->destination_count; i++) {
		if (!is_busy(&checkup->destinations[i], usable))
			continue;
		all[count].destination = &checkup->destinations[i];
		draw_up(&all[count++], checkup, listened);
	}
	if (count)
		qsort(all, count, sizeof(*all), by_left);
	return count;
}

void judge_port_budget(struct findings *findings, const struct checkup *checkup)
{
	struct ports *all;
	size_t count, shown = 0;

	if (!checkup->has_sockets || !checkup->settings.has_port_range)
		return;
	all = calloc(checkup->destination_count + 1, sizeof(*all));
	if (!all)
		abort();
	count = draw_up_all(all, checkup);
	for (size_t i = 0; i < count && shown < DESTINATIONS_SHOWN; i++) {
		int severity = weigh(&all[i]);

		if (severity < 0)
			continue;
		tell(findings, (enum severity)severity, &all[i]);
		shown++;
	}
	free(all);
}

static void judge_odd_range(struct findings *findings, const struct settings *settings)
{
	struct finding *finding;
	uint32_t count = settings->port_high - settings->port_low + 1;

	if (count < 2 || count % 2 == 0)
		return;
	finding = finding_add(findings, SEVERITY_NOTE,
		_("net.ipv4.ip_local_port_range has an odd number of ports"));
	finding_fact(finding, "low", N_("first"), FACT_COUNT, settings->port_low);
	finding_fact(finding, "high", N_("last"), FACT_COUNT, settings->port_high);
	finding_fact(finding, "ports", N_("ports"), FACT_COUNT, count);
	finding_mean(finding, "%s",
		_("The kernel takes the even ports in one round and the odd ones in another, and "
		  "rounds the number of ports down to an even one: the last is never used."));
	finding_advise(finding, "%s",
		_("Begin with an even and end with an odd port, as 32768 60999 does."));
}

void judge_port_range(struct findings *findings, const struct checkup *checkup)
{
	const struct settings *settings = &checkup->settings;
	struct finding *finding;
	int64_t ports;

	if (!settings->has_port_range)
		return;
	judge_odd_range(findings, settings);
	ports = range_ports(settings);
	if (settings->port_low < 1024) {
		finding = finding_add(findings, SEVERITY_WARN,
			_("net.ipv4.ip_local_port_range reaches down to port %u"),
			settings->port_low);
		finding_fact(finding, "low", N_("first"), FACT_COUNT, settings->port_low);
		finding_mean(finding, "%s",
			_("Ports below 1024 are where servers listen: a connection that gets one "
			  "as its own keeps that server from starting (EADDRINUSE)."));
		finding_advise(finding, "%s",
			_("Begin at 1024 or above, and put the ports of servers within the range "
			  "into net.ipv4.ip_local_reserved_ports."));
	}
	if (ports >= FEW_PORTS)
		return;
	finding = finding_add(findings, ports < FEW_PORTS / 10 ? SEVERITY_WARN : SEVERITY_NOTE,
		_("connections have %lld ports to choose from"), (long long)ports);
	finding_fact(finding, "low", N_("first"), FACT_COUNT, settings->port_low);
	finding_fact(finding, "high", N_("last"), FACT_COUNT, settings->port_high);
	finding_fact(
		finding, "ports", N_("ports that are not reserved"), FACT_COUNT, (double)ports);
	finding_fact(finding, "closes_per_s", N_("enough to one destination for"), FACT_PER_SECOND,
		(double)ports * 1000 / BUDGET_TIME_WAIT_MS);
	finding_mean(finding, "%s",
		_("So many connections can this host have to one destination, those in TIME_WAIT "
		  "included; the kernel's own range has 28232."));
	finding_advise(
		finding, "%s", _("Set net.ipv4.ip_local_port_range to 32768 60999 or more."));
}

void judge_listener_in_range(struct findings *findings, const struct checkup *checkup)
{
	const struct settings *settings = &checkup->settings;
	struct finding *finding;
	struct text ports = TEXT_INIT;
	int64_t count = settings->has_port_range ? listened_in_range(checkup) : 0;
	size_t named = 0;
	uint32_t last = 0;

	if (!checkup->has_sockets || !count)
		return;
	for (size_t i = 0; i < checkup->listener_count && named < FINDING_SOCKETS; i++) {
		uint32_t port = checkup->listeners[i].socket.local.port;

		if (!is_in_range(settings, port) || settings_reserves(settings, port) ||
			port == last)
			continue;
		text_printf(&ports, "%s%u", named++ ? "," : "", port);
		last = port;
	}
	finding = finding_add(
		findings, SEVERITY_NOTE, _("servers listen on ports that connections may take"));
	finding_fact(finding, "listeners", N_("ports"), FACT_COUNT, (double)count);
	finding_fact_text(finding, "ports", N_("among them"), ports.bytes);
	finding_fact(finding, "low", N_("the range begins at"), FACT_COUNT, settings->port_low);
	finding_fact(finding, "high", N_("and ends at"), FACT_COUNT, settings->port_high);
	finding_mean(finding, "%s",
		_("While such a server is down, a connection may get its port from the kernel; "
		  "then it cannot start again (EADDRINUSE), for as long as that connection lives. "
		  "Servers that asked for any port (bind to 0) are meant to be there."));
	finding_advise(finding,
		_("If the port is a fixed one: sysctl net.ipv4.ip_local_reserved_ports=%s, or let "
		  "it listen outside the range."),
		ports.bytes);
	text_finish(&ports);
}
