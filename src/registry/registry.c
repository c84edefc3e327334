/* registry.c: the registers of this node: read from the country's files at start, their tables made, their services offered. */
#include "registry/search_int.h"

#include "base/config.h"
#include "base/file.h"
#include "exchange/exchange.h"

enum { REGISTRY_ARENA = 64 << 20, REGISTERS_MOST = 32 };

/* parse_register: the model lives as long as the node, so it is read by a call with the registry's arena. */
static enum status parse_register(struct call *c, const struct registry *reg, struct str name, struct str folder, struct register_ **ret)
{
    struct call own = *c;
    const struct yaml *y = NULL;
    own.arena = reg->arena;
    struct str file = str_join(reg->arena, name, STR(".yaml"), STR_END);
    enum status st = yaml_load(&own, file_path(reg->arena, file_path(reg->arena, folder, STR("registers")), file), &y);
    if (st == ST_OK) st = registry__parse_file(&own, y, folder, ret);
    if (st == ST_OK && !str_eq((*ret)->name, name)) st = yaml_fail(&own, yaml_get(y, "register"), "The register and its file bear the same name.");
    registry__keep_error(c, &own);
    TRY(st);
    (*ret)->units = &reg->units;
    return ST_OK;
}

static enum status load_units(struct call *c, struct registry *reg, struct str folder)
{
    struct call own = *c;
    own.arena = reg->arena;
    enum status st = registry__load_units(&own, file_path(reg->arena, folder, STR("units")), &reg->units);
    registry__keep_error(c, &own);
    return st;
}

static enum status open_register(struct call *c, struct app *app, const struct registry *reg, struct str name, struct str folder, struct register_ **ret)
{
    TRY(parse_register(c, reg, name, folder, ret));
    TRY(registry__make_tables(c, *ret));
    registry__make_statements(reg->arena, app->store, *ret);
    return registry__open_search(c, reg->arena, *ret);
}

/* offer_all: a handler finds its register in app, so app knows the registry before anything is offered. */
static enum status offer_all(struct call *c, struct app *app)
{
    for (size_t i = 0; i < app->registry->nregisters; i++) TRY(registry__offer(c, app, app->registry->registers[i]));
    return ST_OK;
}

static void registry_stop(struct app *app)
{
    if (!app->registry) return;
    for (size_t i = 0; i < app->registry->nregisters; i++) registry__close_search(app->registry->registers[i]);
    registry__unit_names_close(app->registry->unit_names);
    arena_close(app->registry->arena);
    heap_free(app->registry);
    app->registry = NULL;
}

/* find_person: for the message log, searched by person: the registers of this node, by the first key of each. */
static enum status find_person(struct call *c, struct str number, int64_t *ret)
{
    const struct registry *reg = c->app->registry;
    enum status st = ST_NOT_FOUND;
    for (size_t i = 0; i < reg->nregisters && st == ST_NOT_FOUND; i++) {
        call_clear(c);
        st = registry__find_entity(c, reg->registers[i], reg->registers[i]->keys[0].kind, number, ret);
    }
    return st;
}

static enum status registry_start(struct call *c, struct app *app)
{
    const struct str *names;
    const size_t n = config_list(app->config, "registry.registers", &names);
    struct registry *reg = heap_new(struct registry);
    app->registry = reg;
    reg->arena = arena_open(REGISTRY_ARENA);
    struct register_ **registers = arena_array(reg->arena, struct register_ *, REGISTERS_MOST);
    reg->registers = registers;
    if (n > REGISTERS_MOST) return call_fail(c, ST_INVALID, "", "A node keeps at most 32 registers. Shorten registry.registers in node.yaml.");
    if (n == 0) return ST_OK;
    TRY(load_units(c, reg, app->country));
    reg->unit_names = registry__unit_names_open(&reg->units);
    for (size_t i = 0; i < n; i++, reg->nregisters++) TRY(open_register(c, app, reg, names[i], app->country, &registers[i]));
    exchange_set_persons(app, find_person);
    return offer_all(c, app);
}

const struct register_ *registry_find_register(const struct app *app, struct str name)
{
    for (size_t i = 0; app->registry && i < app->registry->nregisters; i++)
        if (str_eq(app->registry->registers[i]->name, name)) return app->registry->registers[i];
    return NULL;
}

/* make_search_keys: after an update of the program that folds or sorts otherwise, the keys of large registers are made while the node serves. */
static enum status make_search_keys(struct call *c)
{
    const struct registry *reg = c->app->registry;
    for (size_t i = 0; reg && i < reg->nregisters; i++) TRY(registry__finish_search_keys(c, reg->registers[i]));
    return ST_OK;
}

static const struct job jobs[] = { { "registry.search_keys", 60000, make_search_keys }, { 0 } };

static const struct setting settings[] = {
    { "registry.registers", SETTING_LIST, "", "", "Registers this node keeps: names of files below country/<cc>/registers.", false },
    { "registry.lookup", SETTING_LIST, "", "", "Registers that officials of this node may ask on \"Look up a person\", as VN/GOV/G01/population.", false },
    { "registry.lookup_as", SETTING_TEXT, "", "", "The subsystem of this node that asks; the first of the directory unless told.", false },
    { "registry.lookup_key", SETTING_TEXT, "pin", "", "The kind of number officials type on that page.", false },
    { 0 },
};

const struct module registry_module = { .name = "registry", .schema = &registry_schema, .settings = settings, .routes = registry__routes, .commands = registry__commands, .jobs = jobs,
                                        .start = registry_start, .stop = registry_stop };
