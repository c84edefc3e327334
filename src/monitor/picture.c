/* picture.c: who talks to whom as shapes: members around a circle, an arc for each pair, broader with more messages. Numbers only: the template writes the SVG, the table
 * beside it says the same in words. */
#include "monitor/monitor_int.h"

#include <math.h>
#include <stdlib.h>

#include "web/page.h"

enum { CENTRE = PICTURE_SIDE / 2, RADIUS = 118, DISC = 24, WIDEST = 9, LABEL_MAX = 12, GAP = 6, HEAD = 7 };
static const double FULL_TURN = 6.283185307179586;

struct point { double x, y; };

/* label: the member's code, the last part of its id; the name stands in the table. */
static struct str label_of(struct str id)
{
    struct str part, rest = id;
    while (str_next(&rest, '/', &part)) id = part;
    return str_first(id, LABEL_MAX);
}

static size_t find_node(const struct picture_node *nodes, size_t n, struct str id)
{
    size_t i = 0;
    while (i < n && !str_eq(nodes[i].id, id)) i++;
    return i;
}

static int by_id(const void *a, const void *b) { return str_cmp(((const struct picture_node *)a)->id, ((const struct picture_node *)b)->id); }

static size_t collect_nodes(const struct picture_flow *flows, size_t n, struct picture_node *nodes)
{
    size_t count = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        const struct picture_flow *f = &flows[i / 2];
        struct str id = i % 2 ? f->to : f->from;
        if (count == PICTURE_NODES || find_node(nodes, count, id) < count) continue;
        nodes[count++] = (struct picture_node){ .id = id, .name = i % 2 ? f->to_name : f->from_name, .label = label_of(id) };
    }
    qsort(nodes, count, sizeof *nodes, by_id);
    for (size_t i = 0; i < count; i++) {
        double turn = FULL_TURN * (double)i / (double)count - FULL_TURN / 4; /* the first at the top */
        nodes[i].x = CENTRE + lround(RADIUS * cos(turn));
        nodes[i].y = CENTRE + lround(RADIUS * sin(turn));
    }
    return count;
}

/* edge: the point on the disc around `at`, in the direction of `to`. */
static struct point edge(struct point at, struct point to, double gap)
{
    double dx = to.x - at.x, dy = to.y - at.y, length = hypot(dx, dy);
    if (length < 1) length = 1;
    return (struct point){ at.x + dx / length * gap, at.y + dy / length * gap };
}

/* bend: the control point of the curve: to the right of the way, so that there and back lie side by side; towards the middle enough to keep off other discs. */
static struct point bend(struct point a, struct point b)
{
    double dx = b.x - a.x, dy = b.y - a.y;
    return (struct point){ (a.x + b.x) / 2 - dy * 0.18, (a.y + b.y) / 2 + dx * 0.18 };
}

static struct str arrow_head(struct call *c, struct point tip, struct point from, double width)
{
    double dx = tip.x - from.x, dy = tip.y - from.y, length = hypot(dx, dy), size = HEAD + width;
    if (length < 1) length = 1;
    dx /= length, dy /= length;
    struct point back = { tip.x - dx * size, tip.y - dy * size };
    return str_print(c->arena, "M%.1f %.1f L%.1f %.1f L%.1f %.1f Z", tip.x, tip.y, back.x - dy * size / 2, back.y + dx * size / 2, back.x + dy * size / 2, back.y - dx * size / 2);
}

/* to_itself: a loop outside the circle: between systems of one member. */
static struct str loop(struct call *c, struct point at)
{
    struct point middle = { CENTRE, CENTRE }, out = edge(at, middle, -(double)DISC);
    double dx = (at.x - middle.x) / RADIUS, dy = (at.y - middle.y) / RADIUS;
    return str_print(c->arena, "M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", out.x - dy * 8, out.y + dx * 8, out.x + dx * 28 - dy * 26, out.y + dy * 28 + dx * 26,
                     out.x + dx * 28 + dy * 26, out.y + dy * 28 - dx * 26, out.x + dy * 8, out.y - dx * 8);
}

static struct str tell(struct call *c, const struct picture_node *from, const struct picture_node *to, const struct picture_flow *f)
{
    const struct str values[] = { from->name, to->name, str_print(c->arena, "%lld", (long long)f->n), str_print(c->arena, "%lld", (long long)f->trouble) };
    return text_tr_args(c, TR("%s to %s: %s messages, %s of them stopped by something that does not work"), values, 4);
}

static struct picture_arc draw_arc(struct call *c, const struct picture_node *from, const struct picture_node *to, const struct picture_flow *f, int64_t most)
{
    double width = most > 1 ? 1.5 + (WIDEST - 1.5) * log((double)f->n + 1) / log((double)most + 1) : 3;
    struct picture_arc arc = { .width = str_print(c->arena, "%.1f", width), .faulty = f->trouble > 0, .title = tell(c, from, to, f) };
    struct point a = { (double)from->x, (double)from->y }, b = { (double)to->x, (double)to->y };
    if (from == to) return arc.d = loop(c, a), arc.head = STR(""), arc;
    struct point by = bend(a, b), start = edge(a, by, DISC + GAP), tip = edge(b, by, DISC + GAP), end = edge(b, by, DISC + GAP + HEAD + width - 1);
    arc.d = str_print(c->arena, "M%.1f %.1f Q%.1f %.1f %.1f %.1f", start.x, start.y, by.x, by.y, end.x, end.y);
    arc.head = arrow_head(c, tip, end, width);
    return arc;
}

void picture__draw(struct call *c, const struct picture_flow *flows, size_t n, struct picture *ret)
{
    struct picture_node *nodes = arena_array(c->arena, struct picture_node, PICTURE_NODES);
    struct picture_arc *arcs = arena_array(c->arena, struct picture_arc, n);
    size_t narcs = 0, nnodes = collect_nodes(flows, n, nodes);
    int64_t most = 0;
    for (size_t i = 0; i < n; i++)
        if (flows[i].n > most) most = flows[i].n;
    for (size_t i = 0; i < n; i++) {
        size_t from = find_node(nodes, nnodes, flows[i].from), to = find_node(nodes, nnodes, flows[i].to);
        if (from < nnodes && to < nnodes) arcs[narcs++] = draw_arc(c, &nodes[from], &nodes[to], &flows[i], most);
    }
    *ret = (struct picture){ nodes, nnodes, arcs, narcs };
}
