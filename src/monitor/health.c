/* health.c: a node looks at itself. Everything comes from what is at hand: no question goes over the network, so that a page or a report is never late because
 * something else is broken. */
#include "monitor/monitor_int.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/config.h"
#include "base/file.h"
#include "base/time.h"
#include "trust/trust.h"
#include "web/page.h"

#define DAY_MS ((int64_t)86400 * 1000)
enum { SOON_DAYS = 30, ENDING_DAYS = 7, CLOCK_OFF_MS = 5000, CLOCK_WRONG_MS = 60000, HEADS_LATE_MS = 120000, MESSAGES_MINUTES = 10, LATE_TURNS = 4, STAMP_LATE_MS = 600000, STATUS_FAILS_MS = 5000 /* one try in vain is nothing yet */, UNSETTLED_MINUTES = 2 };

#define SAY(code, ...) monitor_say(c, fs, FOUND_##code, __VA_ARGS__)

/* ---- certificates and their status ---- */

static struct str name_of(enum own_certificate use)
{
    switch (use) {
    case OWN_TLS: return TR("TLS certificate");
    case OWN_SIGN: return TR("Signing certificate");
    case OWN_CA: return TR("Certificate of the authority");
    case OWN_OCSP: return TR("Certificate of the status service");
    case OWN_CONF: return TR("Certificate of the directory");
    }
    return STR("");
}

static void look_at_end(struct call *c, struct findings *fs, const struct exchange_certificate *x)
{
    struct finding_value name = value_word(name_of(x->use)), end = value_moment(x->to_ms);
    int64_t left = x->to_ms - c->now_ms;
    enum finding_code code = left <= 0 ? FOUND_cert_ended : left < ENDING_DAYS * DAY_MS ? FOUND_cert_ending : left < SOON_DAYS * DAY_MS ? FOUND_cert_soon : FOUND_cert_good;
    (void)monitor_say(c, fs, code, name, end, value_none());
}

/* look_at_status: what the authority says of it, and whether others would take it. Without a directory nothing can be judged; that is told by itself. */
static void look_at_status(struct call *c, struct findings *fs, const struct exchange_certificate *x)
{
    struct finding_value name = value_word(name_of(x->use));
    int64_t age = c->now_ms - x->status_ms, turn = 1000 * config_count(c->app->config, "exchange.status_s");
    if (str_eq(x->fault, STR("global_conf_outdated"))) return;
    if (!x->has_status) finding__explain(c, SAY(status_none, name, value_none(), value_none()), &x->failure);
    else if (x->judged != ST_OK) SAY(cert_refused, name, value_none(), value_none())->fault = x->fault;
    else if (x->failing_since_ms && c->now_ms - x->failing_since_ms > STATUS_FAILS_MS)
        finding__explain(c, SAY(status_failing, name, value_moment(x->failing_since_ms), value_none()), &x->failure);
    else if (age > LATE_TURNS * turn + MINUTE_MS) (void)SAY(status_old, name, value_span(age), value_none());
    else (void)SAY(status_good, name, value_span(age), value_moment(x->status_to_ms));
}

static enum status look_at_certificates(struct call *c, struct findings *fs)
{
    const struct exchange_certificate *list;
    size_t n;
    TRY(exchange_certificates(c, &list, &n));
    for (size_t i = 0; i < n; i++) {
        if (!list[i].there) {
            (void)SAY(cert_missing, value_word(name_of(list[i].use)), value_none(), value_none());
            continue;
        }
        look_at_end(c, fs, &list[i]);
        if (list[i].use == OWN_TLS || list[i].use == OWN_SIGN) look_at_status(c, fs, &list[i]);
    }
    return ST_OK;
}

/* ---- directory and clock ---- */

static void look_at_listing(struct call *c, struct findings *fs, const struct exchange_directory_state *d)
{
    if (!d->lists_us) (void)SAY(server_unlisted, value_none(), value_none(), value_none());
    else if (!d->lists_cert) (void)SAY(cert_unlisted, value_none(), value_none(), value_none());
}

static void because(struct finding *f, const struct exchange_directory_state *d)
{
    f->because = d->reason;
    f->name = d->where;
}

static int64_t size_of(int64_t ms) { return ms < 0 ? -ms : ms; }

static void look_at_clock(struct call *c, struct findings *fs, const struct exchange_directory_state *d)
{
    int64_t off = size_of(d->ahead_ms);
    struct exchange_clock other;
    if (exchange_worst_clock(c, &other) && size_of(other.ahead_ms) >= CLOCK_OFF_MS && (!d->has_clock || off < CLOCK_OFF_MS))
        (void)SAY(clock_other, value_span(size_of(other.ahead_ms)), value_text(other.where), value_none());
    if (!d->has_clock) return;
    if (off < CLOCK_OFF_MS) (void)SAY(clock_good, value_span(CLOCK_OFF_MS), value_none(), value_none());
    else if (off < CLOCK_WRONG_MS) (void)SAY(clock_off, value_span(off), value_none(), value_none());
    else (void)SAY(clock_wrong, value_span(off), value_none(), value_none());
}

/* look_at_foreign: told only where something is wrong with the directory of a nation with which ours is federated. */
static void look_at_foreign(struct call *c, struct findings *fs)
{
    struct exchange_directory_info list[EXCHANGE_DIRECTORIES_MAX];
    size_t n = exchange_list_directories(c, list);
    for (size_t i = 1; i < n; i++) {
        int64_t left_ms = list[i].ends_ms - c->now_ms;
        if (left_ms <= 0) (void)SAY(foreign_ended, value_text(list[i].instance), value_none(), value_none());
        else if (list[i].failing_since_ms) (void)SAY(foreign_failing, value_text(list[i].instance), value_span(left_ms), value_moment(list[i].ends_ms));
    }
}

static void look_at_directory(struct call *c, struct findings *fs)
{
    struct exchange_directory_state d;
    exchange_directory_state(c, &d);
    struct finding_value end = value_moment(d.expires_ms);
    if (!d.has_anchor) (void)SAY(anchor_missing, value_none(), value_none(), value_none());
    else if (!d.there) because(SAY(directory_none, value_none(), value_none(), value_none()), &d);
    else if (d.expires_ms <= c->now_ms) because(SAY(directory_ended, end, value_none(), value_none()), &d);
    else if (d.failing_since_ms) because(SAY(directory_failing, value_moment(d.failing_since_ms), value_span(d.expires_ms - c->now_ms), end), &d);
    else if (d.fetched_ms) (void)SAY(directory_good, value_span(c->now_ms - d.fetched_ms), end, value_number(d.servers));
    else (void)SAY(directory_kept, end, value_number(d.servers), value_none());
    look_at_foreign(c, fs);
    if (d.there) look_at_listing(c, fs, &d);
    look_at_clock(c, fs, &d);
    if (d.has_anchor && config_count(c->app->config, "exchange.log_days") && !exchange_knows_time(c)) (void)SAY(retention_waits, value_none(), value_none(), value_none());
}

/* ---- parts of the node ---- */

static void look_at_parts(struct call *c, struct findings *fs)
{
    enum status st = web_check_part(c, "holder");
    if (st == ST_OK) (void)SAY(holder_good, value_none(), value_none(), value_none());
    else monitor_say_error(c, fs, FOUND_holder_bad, st);
    st = web_check_part(c, "store");
    if (st == ST_OK) (void)SAY(store_good, value_none(), value_none(), value_none());
    else monitor_say_error(c, fs, FOUND_store_bad, st);
}

/* struct disk: a disk that something of this node lies on. */
struct disk { struct str folder, what /* key of its translation */; };

static bool is_on(struct call *c, const struct disk *d, dev_t *ret)
{
    struct stat info;
    char *z = str_to_z(c->arena, d->folder);
    if (!z || stat(z, &info) != 0) return false; /* not made yet: it will be on the node's disk, or be told by who makes it */
    *ret = info.st_dev;
    return true;
}

static void look_at_space(struct call *c, struct findings *fs, const struct disk *d)
{
    struct statvfs v;
    char *folder = str_to_z(c->arena, d->folder);
    if (!folder || statvfs(folder, &v) != 0 || v.f_blocks == 0) return call_note(c, "monitor", "the disk of the %.*s cannot be looked at", STR_ARG(d->what));
    int64_t size = (int64_t)v.f_blocks * (int64_t)v.f_frsize, left = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
    int64_t percent = left / (size / 100 + 1);
    struct finding_value a = value_bytes(left), b = value_bytes(size), what = value_word(d->what);
    if (percent < config_count(c->app->config, "monitor.disk_bad_percent")) (void)SAY(disk_full, a, b, what);
    else if (percent < config_count(c->app->config, "monitor.disk_warn_percent")) (void)SAY(disk_low, a, b, what);
    else (void)SAY(disk_good, a, b, what);
}

/* look_at_disks: each disk once, by the first that lies on it. */
static void look_at_disks(struct call *c, struct findings *fs)
{
    const struct config *cfg = c->app->config;
    struct str url = config_text(cfg, "store.url"), scheme = STR("sqlite:"), archive = config_count(cfg, "exchange.archive_s") ? config_text(cfg, "exchange.archive") : STR("");
    struct disk disks[] = { { c->app->folder, TR("the node's folder") }, { str_starts(url, scheme) ? str_skip(url, scheme.n) : STR(""), TR("databases") }, { archive, TR("archive of messages") } };
    dev_t seen[sizeof disks / sizeof *disks];
    size_t n = 0, i, k;
    for (i = 0; i < sizeof disks / sizeof *disks; i++) {
        if (!disks[i].folder.n) continue;
        disks[i].folder = file_path(c->arena, c->app->folder, disks[i].folder);
        if (!is_on(c, &disks[i], &seen[n])) continue;
        for (k = 0; k < n && seen[k] != seen[n]; k++) continue;
        if (k < n) continue;
        n++;
        look_at_space(c, fs, &disks[i]);
    }
}

static enum status look_at_heads(struct call *c, struct findings *fs)
{
    struct exchange_heads_state h;
    enum status st = exchange_heads_state(c, &h);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    if (!h.waiting_ms || c->now_ms - h.waiting_ms < HEADS_LATE_MS) {
        (void)SAY(heads_good, value_none(), value_none(), value_none());
        return ST_OK;
    }
    struct finding *f = SAY(heads_waiting, value_moment(h.waiting_ms), value_none(), value_none());
    f->because = h.reason;
    f->name = h.values;
    return ST_OK;
}

/* ---- time-stamps ---- */

static enum status look_at_stamps(struct call *c, struct findings *fs)
{
    struct stamp_state s;
    TRY(exchange_stamp_state(c, &s));
    struct finding_value waiting = value_number(s.waiting);
    if (s.failing_since_ms) {
        struct finding *f = SAY(stamps_failing, value_moment(s.failing_since_ms), waiting, value_span(s.waiting ? c->now_ms - s.oldest_waiting_ms : 0));
        f->because = s.reason;
        f->name = s.values;
    } else if (s.waiting && c->now_ms - s.oldest_waiting_ms > exchange_stamp_period(c) + STAMP_LATE_MS) {
        (void)SAY(stamps_late, waiting, value_span(c->now_ms - s.oldest_waiting_ms), value_none());
    } else if (s.last_ms) {
        (void)SAY(stamps_good, value_span(c->now_ms - s.last_ms), waiting, value_none());
    } else if (!s.waiting) {
        (void)SAY(stamps_idle, value_none(), value_none(), value_none());
    }
    return ST_OK;
}

/* ---- messages and faults ---- */

bool health__is_trouble(struct str fault)
{
    struct fault_help help;
    if (!exchange_explain_fault(fault, &help)) return true;
    if (str_eq(help.code, STR("access_denied"))) return false;
    return help.status != ST_INVALID && help.status != ST_NOT_FOUND;
}

bool health__is_upkeep(struct str service) { return str_ends(service, STR("/directory/heads")) || str_ends(service, STR("/directory/report")); }

bool health__is_fault(const struct exchange_count *k) { return k->fault.n && !health__is_upkeep(k->service); }

static void fold(struct minute_sum *sum, const struct exchange_count *k)
{
    sum->messages += k->n;
    if (!health__is_fault(k)) return;
    sum->faults += k->n;
    if (!health__is_trouble(k->fault)) return;
    sum->trouble += k->n;
    if (k->last_ms < sum->last_ms || k->fault.n >= sizeof sum->fault) return;
    sum->last_ms = k->last_ms;
    sum->nfault = k->fault.n;
    memcpy(sum->fault, k->fault.p, k->fault.n);
}

/* sum_minutes: only the last minutes are counted again; what is older cannot change any more. */
static enum status sum_minutes(struct call *c, int64_t now, struct minute_sum *ret)
{
    struct monitor *m = c->app->monitor;
    const struct exchange_count *list;
    size_t n;
    (void)pthread_mutex_lock(&m->lock);
    int64_t from = m->summed_minute - UNSETTLED_MINUTES;
    (void)pthread_mutex_unlock(&m->lock);
    if (from <= now - HOUR_MINUTES) from = now - HOUR_MINUTES + 1;
    TRY(exchange_count_messages(c, from, now + 1, &list, &n));
    (void)pthread_mutex_lock(&m->lock);
    for (int64_t minute = from; minute <= now; minute++) m->hour[minute % HOUR_MINUTES] = (struct minute_sum){ .minute = minute };
    for (size_t i = 0; i < n; i++) fold(&m->hour[list[i].minute % HOUR_MINUTES], &list[i]);
    m->summed_minute = now;
    memcpy(ret, m->hour, sizeof m->hour);
    (void)pthread_mutex_unlock(&m->lock);
    return ST_OK;
}

static enum status look_at_messages(struct call *c, struct findings *fs)
{
    struct minute_sum *hour = arena_array(c->arena, struct minute_sum, HOUR_MINUTES);
    const struct minute_sum *last = NULL;
    int64_t now = c->now_ms / MINUTE_MS, messages = 0, faults = 0, trouble = 0;
    TRY(sum_minutes(c, now, hour));
    for (size_t i = 0; i < HOUR_MINUTES; i++) {
        const struct minute_sum *s = &hour[i];
        if (s->minute <= now - HOUR_MINUTES || s->minute > now) continue;
        if (s->minute > now - MESSAGES_MINUTES) messages += s->messages;
        faults += s->faults;
        trouble += s->trouble;
        if (s->trouble && (!last || s->last_ms > last->last_ms)) last = s;
    }
    (void)SAY(messages, value_number(messages), value_none(), value_none());
    if (!faults) (void)SAY(faults_none, value_none(), value_none(), value_none());
    else if (!last) (void)SAY(faults_refused, value_number(faults), value_none(), value_none());
    else {
        struct str fault = str_of(last->fault, last->nfault);
        SAY(faults_some, value_number(faults), value_number(trouble), value_text(fault))->fault = fault;
    }
    return ST_OK;
}

/* tell_failure: a part that cannot be looked at is a finding; the others are looked at all the same. */
static void tell_failure(struct call *c, struct findings *fs, enum status st)
{
    if (st != ST_OK) monitor_say_error(c, fs, FOUND_unknown_part, st);
}

void monitor_health(struct call *c, struct findings *ret)
{
    struct findings found = { 0 }, *fs = &found;
    tell_failure(c, fs, look_at_certificates(c, fs));
    look_at_directory(c, fs);
    look_at_parts(c, fs);
    look_at_disks(c, fs);
    tell_failure(c, fs, look_at_stamps(c, fs));
    tell_failure(c, fs, look_at_heads(c, fs));
    tell_failure(c, fs, look_at_messages(c, fs));
    *ret = found;
}
