/* Tests of operator_publish.c: what is published reads back in every version, for members and for other nations; anchors; rotation of the key; a set kept under conf/. */
#include "exchange/operator/operator_publish.c"

#include "base/file.h"
#include "exchange/directory/directory_int.h"
#include "exchange/message/message.h"
#include "exchange/operator/testing.h"

TEST_STORE(&exchange_schema);

/* take: as a node would, from what is published; *set is what it would keep. */
static struct directory *take(struct call *c, const struct nation_way *way, int version, struct dir_set *set)
{
    struct signed_directory s;
    const struct signed_file *shared;
    const struct str *certs;
    struct directory *d = NULL;
    size_t n = directory__certs_of(c, way, &certs);
    *set = (struct dir_set){ 0 };
    CHECK_OK(operator__find_publication(c, str_print(c->arena, "%s/%d", way->own ? "/internalconf" : "/externalconf", version), &set->document));
    CHECK_OK(directory__read_signed(c, set->document, &s));
    CHECK_OK(directory__verify(c, &s, STR("VN"), certs, n, &shared));
    CHECK_OK(directory__check_signature(c, &s, STR("VN"), certs, n, &shared, &set->cert));
    CHECK(s.version == version && s.nfiles == (way->own ? 2 : 1));
    for (size_t i = 0; i < s.nfiles; i++) {
        CHECK_OK(operator__find_publication(c, s.files[i].location, &set->bytes[i]));
        set->identifiers[set->n++] = s.files[i].identifier;
    }
    CHECK_OK(directory__build(c, way, &s, shared, set, &d));
    return d;
}

TEST(every_version_reads_back)
{
    struct office o;
    struct dir_set set;
    open_office(c, &o);
    CHECK_OK(operator_publish(c));
    struct anchor inside = anchor_of(c, true), outside = anchor_of(c, false);
    CHECK(inside.nsources == 2 && inside.sources[0].ncerts == 1 && inside.made_ms == c->now_ms);
    CHECK_STR(inside.sources[1].url, STR("http://127.0.0.2:5577/internalconf"));
    CHECK_STR(outside.sources[0].url, STR("http://127.0.0.1:5577/externalconf"));
    for (int version = DIRECTORY_WRITTEN_LEAST; version <= DIRECTORY_VERSION_MOST; version++) {
        struct nation_way member = { STR("VN"), &inside, true, NULL }, stranger = { STR("VN"), &outside, false, NULL };
        DIRECTORY d = take(c, &member, version, &set);
        DIRECTORY e = take(c, &stranger, version, &set);
        CHECK(d->version == version && d->nmembers == 3 && d->nservers == 1 && d->ncas == 1 && d->nsources == 2 && d->ngroups == 1 && d->expires_ms == c->now_ms / 1000 * 1000 + 600000);
        CHECK_STR(d->members[1].name, version >= 5 ? STR("Desk") : STR("Office")); /* names of subsystems since version 5 */
        CHECK((str_find(set.bytes[0], STR("costType")) != SIZE_MAX) == (version >= 6));
        CHECK_STR(d->management.subsystem, STR("directory"));
        CHECK(d->stamp_period_s == 60 && e->stamp_period_s == 0 && e->nmembers == 3 && !e->management.member.n);
        struct xid owner = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("G22"), { 0 }, { 0 }, { 0 } };
        CHECK(directory__in_group(d, STR("security-server-owners"), &owner));
    }
    close_office(c, &o);
}

TEST(anchors_of_other_nations_and_groups_are_told_to_members)
{
    struct office o;
    struct dir_set set;
    struct str xml;
    struct xid desk = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("G22"), STR_INIT("desk"), { 0 }, { 0 } };
    open_office(c, &o);
    struct anchor inside = anchor_of(c, true), other = inside, outside = anchor_of(c, false);
    other.instance = STR("LA");
    CHECK_OK(directory__write_anchor(c, &other, &xml));
    CHECK_OK(operator__add_anchor(c, STR("LA"), xml));
    CHECK_OK(operator__put_group(c, STR("desks"), STR("Desks")));
    CHECK(operator__put_group_member(c, STR("none"), &desk, true) == ST_NOT_FOUND);
    call_clear(c);
    CHECK(operator__put_group(c, STR("security-server-owners"), STR("x")) == ST_CONFLICT);
    call_clear(c);
    CHECK_OK(operator__put_group_member(c, STR("desks"), &desk, true));
    CHECK_OK(operator_publish(c));
    struct nation_way member = { STR("VN"), &inside, true, NULL }, stranger = { STR("VN"), &outside, false, NULL };
    DIRECTORY d = take(c, &member, 6, &set);
    DIRECTORY e = take(c, &stranger, 6, &set);
    CHECK(d->nanchors == 1 && d->anchors[0].nsources == 2 && d->anchors[0].sources[0].ncerts == 1 && e->nanchors == 0);
    CHECK_STR(d->anchors[0].instance, STR("LA"));
    CHECK(directory__in_group(d, STR("desks"), &desk) && directory__in_group(e, STR("desks"), &desk));
    CHECK_OK(operator__put_group_member(c, STR("desks"), &desk, false));
    CHECK_OK(operator__drop_anchor(c, STR("LA")));
    CHECK(operator__drop_anchor(c, STR("LA")) == ST_NOT_FOUND);
    call_clear(c);
    c->now_ms += 1000;
    CHECK_OK(operator_publish(c));
    DIRECTORY later = take(c, &member, 6, &set);
    CHECK(later->nanchors == 0 && !directory__in_group(later, STR("desks"), &desk));
    close_office(c, &o);
}

/* A node that has the first anchor follows two rotations, by what each directory says of the next key; one that was away for the whole time does by what it kept. */
TEST(rotation_is_followed_without_a_new_anchor)
{
    struct office o;
    struct dir_set set;
    int64_t signs_ms;
    open_office(c, &o);
    CHECK_OK(operator_publish(c));
    struct anchor first = anchor_of(c, true);
    struct nation_way way = { STR("VN"), &first, true, NULL };
    DIRECTORY before = take(c, &way, 6, &set);
    struct str first_key = set.cert;
    CHECK_OK(operator_rotate_key(c, &signs_ms));
    CHECK(signs_ms == c->now_ms + 100000 && operator_rotate_key(c, &signs_ms) == ST_CONFLICT);
    call_clear(c);
    way.before = before;
    DIRECTORY between = take(c, &way, 6, &set);
    CHECK(between->sources[0].ninternal == 2 && str_eq(set.cert, first_key));
    CHECK_OK(directory__store(c, STR("VN"), &set));
    c->now_ms = signs_ms;
    CHECK_OK(operator_publish(c));
    way.before = between;
    DIRECTORY after = take(c, &way, 6, &set);
    CHECK(!str_eq(set.cert, first_key) && after->sources[0].ninternal == 2);
    CHECK_OK(directory__store(c, STR("VN"), &set));
    c->now_ms += 100000;
    CHECK_OK(operator_publish(c));
    DIRECTORY end = take(c, &way, 6, &set);
    CHECK(end->sources[0].ninternal == 1 && str_eq(end->sources[0].internal[0], set.cert));
    /* Started again, long after it has expired: the first anchor, and the set that was kept. */
    c->now_ms += 3600000;
    DIRECTORY kept = NULL;
    way.before = NULL;
    CHECK_OK(directory__load(c, &way, &kept));
    CHECK(kept->expires_ms < c->now_ms && kept->sources[0].ninternal == 2);
    CHECK_OK(operator_publish(c));
    way.before = kept;
    DIRECTORY again = take(c, &way, 6, &set);
    CHECK(again->expires_ms > c->now_ms);
    /* Without what it kept it believes the first key alone. */
    struct signed_directory s;
    const struct signed_file *file;
    CHECK_OK(directory__read_signed(c, set.document, &s));
    CHECK(directory__verify(c, &s, STR("VN"), first.sources[0].certs, 1, &file) == ST_DENIED);
    close_office(c, &o);
}

TEST(a_damaged_or_swapped_set_is_not_used)
{
    struct office o;
    struct dir_set set, got;
    open_office(c, &o);
    CHECK_OK(operator_publish(c));
    struct anchor first = anchor_of(c, true);
    struct nation_way way = { STR("VN"), &first, true, NULL };
    DIRECTORY d = take(c, &way, 6, &set);
    DIRECTORY kept = NULL;
    CHECK(directory__load(c, &way, &kept) == ST_NOT_FOUND);
    CHECK_OK(directory__store(c, STR("VN"), &set));
    CHECK_OK(directory__load(c, &way, &kept));
    CHECK_STR(kept->version_digest, d->version_digest);
    struct str good = set.bytes[0];
    char *changed = arena_alloc(c->arena, good.n, 1);
    memcpy(changed, good.p, good.n);
    changed[good.n / 2] = (char)(changed[good.n / 2] ^ 1);
    set.bytes[0] = str_of(changed, good.n);
    CHECK_OK(directory__store(c, STR("VN"), &set));
    DIRECTORY none = NULL;
    CHECK(directory__load(c, &way, &none) == ST_DENIED && !none);
    CHECK_STR(call_error(c)->fault, STR("malformed_global_conf"));
    call_clear(c);
    CHECK_OK(file_write(c, str_join(c->arena, o.t.folder, STR("/conf/directory-VN"), STR_END), STR("nonsense"), 0644));
    CHECK(directory__read_stored(c, STR("VN"), &got) == ST_INVALID);
    close_office(c, &o);
}
