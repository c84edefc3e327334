/* load_write.c: checked rows into the database: keys looked up for many rows at once, versions inserted many in one statement. A row is whole or not
 * there: its keys are looked up before its first insert, so a refused row leaves nothing and never takes its neighbours with it. */
#include "registry/load_int.h"

#include "trust/journal.h"

enum { SLICE_US = 12000, CHUNK = 32 };

static const struct query NEXT_ENTITY = { "registry", "SELECT COALESCE(MAX(id), 0) + 1 FROM registry_entity", NODE };

/* ---- batches ---- */

static struct batch batch_new(struct arena *a, const struct query *many, const struct query *one, size_t width, size_t most)
{
    return (struct batch){ .many = many, .one = one, .width = width, .most = most, .values = arena_array(a, struct db_value, width * most) };
}

void registry__load_begin(struct call *c, struct load *l)
{
    const struct register_ *r = l->r;
    l->entities = batch_new(c->arena, r->insert_entity_batch, r->insert_entity, 3, REGISTRY_BATCH);
    l->aliases = batch_new(c->arena, r->insert_alias_batch, r->insert_alias, 4, REGISTRY_BATCH);
    l->groups = arena_array(c->arena, struct batch, r->ngroups);
    for (size_t i = 0; i < r->ngroups; i++)
        l->groups[i] = batch_new(c->arena, r->groups[i].insert_batch, r->groups[i].insert, r->groups[i].nvalues + 6, r->groups[i].batch);
}

static enum status run_batch(struct call *c, struct batch *b)
{
    if (b->n == b->most) {
        DB_ROWS rows = db_run_values(c, b->many, b->values, b->width * b->n);
        b->n = 0;
        return db_finish(&rows);
    }
    for (size_t i = 0; i < b->n; i++) {
        DB_ROWS rows = db_run_values(c, b->one, b->values + i * b->width, b->width);
        TRY(db_finish(&rows));
    }
    b->n = 0;
    return ST_OK;
}

/* batch_row: where the values of the next row go; run_batch when it is full. */
static struct db_value *batch_row(struct batch *b) { return b->values + b->n++ * b->width; }

static enum status put_row(struct call *c, struct load *l, const struct row *row, int64_t entity)
{
    const struct register_ *r = l->r;
    const struct db_value entity_values[] = { db_int(entity), db_text(r->name), db_int(l->delta) };
    memcpy(batch_row(&l->entities), entity_values, sizeof entity_values);
    if (l->entities.n == l->entities.most) TRY(run_batch(c, &l->entities));
    for (size_t i = 0; i < row->nkeys; i++) {
        const struct db_value values[] = { db_text(row->keys[i].key->kind), db_text(row->keys[i].value), db_int(entity), db_int(!row->keys[i].former) };
        memcpy(batch_row(&l->aliases), values, sizeof values);
        if (l->aliases.n == l->aliases.most) TRY(run_batch(c, &l->aliases));
    }
    for (size_t i = 0; i < row->nversions; i++) {
        const struct row_version *v = &row->versions[i];
        struct batch *b = &l->groups[v->group - r->groups];
        const struct db_value head[] = { db_int(entity), db_text(v->kind), db_int(v->from), db_int(v->to), db_int(l->delta), db_int(TIME_FAR) };
        struct db_value *at = batch_row(b);
        memcpy(at, head, sizeof head);
        memcpy(at + 6, v->values, v->group->nvalues * sizeof *at);
        if (b->n == b->most) TRY(run_batch(c, b));
    }
    return registry__put_search_keys(c, r, entity, row);
}

static enum status run_batches(struct call *c, struct load *l)
{
    TRY(run_batch(c, &l->entities));
    TRY(run_batch(c, &l->aliases));
    for (size_t i = 0; i < l->r->ngroups; i++) TRY(run_batch(c, &l->groups[i]));
    return ST_OK;
}

static void forget_batches(struct load *l)
{
    l->entities.n = l->aliases.n = 0;
    for (size_t i = 0; i < l->r->ngroups; i++) l->groups[i].n = 0;
}

/* ---- keys that are taken ---- */

enum taken { TAKEN_NO, TAKEN_BEFORE /* by an interrupted load */, TAKEN_YES };
struct chunk { const struct row *rows; size_t n; enum taken taken[CHUNK]; const struct key_kind *kind[CHUNK]; };

static void mark_taken(struct chunk *k, const struct key_kind *kind, struct str value, enum taken taken)
{
    for (size_t i = 0; i < k->n; i++)
        for (size_t n = 0; n < k->rows[i].nkeys; n++) {
            const struct row_key *key = &k->rows[i].keys[n];
            if (key->key != kind || !str_eq(key->value, value) || taken <= k->taken[i]) continue;
            k->taken[i] = taken;
            k->kind[i] = kind;
        }
}

/* ask_keys: which of these values stand in the register; what is missing to a full list is asked twice. */
static enum status ask_keys(struct call *c, const struct load *l, struct chunk *k, const struct key_kind *kind, struct db_value *values, size_t n)
{
    values[0] = db_text(kind->kind);
    for (size_t i = n; i < REGISTRY_BATCH; i++) values[1 + i] = values[1];
    DB_ROWS rows = db_run_values(c, l->r->find_batch, values, REGISTRY_BATCH + 1);
    while (db_next(&rows)) {
        const bool interrupted = db_col_int(&rows, 2) == 0 && db_col_int(&rows, 1) < l->delta;
        mark_taken(k, kind, db_col_text(&rows, 0), interrupted ? TAKEN_BEFORE : TAKEN_YES);
    }
    return db_finish(&rows);
}

static enum status find_taken(struct call *c, const struct load *l, struct chunk *k)
{
    for (size_t i = 0; i < l->r->nkeys; i++) {
        const struct key_kind *kind = &l->r->keys[i];
        struct db_value values[REGISTRY_BATCH + 1];
        size_t n = 0;
        if (!kind->unique) continue;
        for (size_t row = 0; row < k->n; row++)
            for (size_t key = 0; key < k->rows[row].nkeys; key++) {
                if (k->rows[row].keys[key].key != kind) continue;
                values[1 + n++] = db_text(k->rows[row].keys[key].value);
                if (n == REGISTRY_BATCH) {
                    TRY(ask_keys(c, l, k, kind, values, n));
                    n = 0;
                }
            }
        if (n) TRY(ask_keys(c, l, k, kind, values, n));
    }
    return ST_OK;
}

/* mark_twins: of rows with the same number in this chunk only the first can be new. Rows of earlier chunks stand in the database by now. */
static void mark_twins(struct chunk *k, size_t at)
{
    for (size_t key = 0; key < k->rows[at].nkeys; key++) {
        const struct row_key *mine = &k->rows[at].keys[key];
        if (!mine->key->unique) continue;
        for (size_t i = at + 1; i < k->n; i++)
            for (size_t n = 0; n < k->rows[i].nkeys; n++)
                if (k->rows[i].keys[n].key == mine->key && str_eq(k->rows[i].keys[n].value, mine->value)) {
                    k->taken[i] = TAKEN_YES;
                    k->kind[i] = mine->key;
                }
    }
}

/* ---- one transaction ---- */

static enum status append_entry(struct call *c, struct db_tx *tx, const struct load *l)
{
    struct str uid;
    const struct journal_event e = {
        .kind = str_join(c->arena, l->r->name, STR(".load"), STR_END), .class_ = JOURNAL_NORMAL, .agency = c->actor ? c->actor->agency : STR(""),
        .user = c->actor ? c->actor->user : STR(""), .role = c->actor ? c->actor->role : STR(""), .purpose = c->purpose, .basis = c->basis,
        .issue = c->issue, .fields = STR("*"), .subjects = l->subjects, .nsubjects = l->nsubjects };
    return l->nsubjects ? journal_append_with(tx, &e, &uid) : ST_OK;
}

void registry__tell_refusal(struct load *l, int64_t line, const struct call *failed, enum status st)
{
    struct call_error e = call_sentence(failed, st);
    struct load_count *count = l->count;
    count->refused++;
    if (count->nrefusals == REFUSALS_TOLD) return;
    if (!count->refusals) count->refusals = arena_array(l->outer->arena, struct load_refusal, REFUSALS_TOLD);
    count->refusals[count->nrefusals++] = (struct load_refusal){ line, str_copy(l->outer->arena, e.field), str_copy(l->outer->arena, e.sentence) };
}

static void refuse_known(struct call *c, struct load *l, const struct key_kind *kind, int64_t line)
{
    enum status st = call_fail(c, ST_CONFLICT, str_to_z(c->arena, kind->full), "This number is in the register already. A load makes new entries only.");
    registry__tell_refusal(l, line, c, st);
    call_clear(c);
}

static enum status write_chunk(struct call *c, struct db_tx *tx, struct load *l, int64_t *entity)
{
    struct slice *s = l->slice;
    struct chunk k = { .rows = s->rows + s->done, .n = s->n - s->done < CHUNK ? s->n - s->done : CHUNK };
    (void)tx;
    TRY(find_taken(c, l, &k));
    for (size_t i = 0; i < k.n; i++) {
        if (k.taken[i] == TAKEN_YES) {
            refuse_known(c, l, k.kind[i], s->lines[s->done + i]);
            continue;
        }
        mark_twins(&k, i);
        if (k.taken[i] == TAKEN_BEFORE) {
            l->count->before++;
            continue;
        }
        TRY(put_row(c, l, &k.rows[i], *entity));
        l->subjects[l->nsubjects++] = (*entity)++;
        l->count->stored++;
    }
    s->done += k.n;
    return run_batch(c, &l->aliases); /* the next chunk asks for these numbers */
}

static enum status next_entity(struct call *c, int64_t *ret)
{
    DB_ROWS rows = db_run(c, &NEXT_ENTITY);
    if (db_next(&rows)) *ret = db_col_int(&rows, 0);
    return db_finish(&rows);
}

/* part: one transaction. A try after a lost race starts from where the part began, so counts and refusals are not told twice. */
struct part { struct load *load; struct load_count count; size_t first; };

/* write_part: as many rows of the slice as fit the time that the writer may be held. */
static enum status write_part(struct call *c, struct db_tx *tx, void *arg)
{
    struct part *p = arg;
    struct load *l = p->load;
    const int64_t start = time_monotonic_us();
    int64_t entity = 0;
    *l->count = p->count;
    l->slice->done = p->first;
    l->nsubjects = 0;
    forget_batches(l);
    TRY(next_entity(c, &entity));
    do TRY(write_chunk(c, tx, l, &entity));
    while (l->slice->done < l->slice->n && time_monotonic_us() - start < SLICE_US);
    TRY(run_batches(c, l));
    return append_entry(c, tx, l);
}

enum status registry__write_slice(struct call *c, struct load *l)
{
    while (l->slice->done < l->slice->n) {
        struct part p = { l, *l->count, l->slice->done };
        enum status st = db_atomic(c, write_part, &p);
        if (st != ST_OK) *l->count = p.count;
        TRY(st);
    }
    return ST_OK;
}
