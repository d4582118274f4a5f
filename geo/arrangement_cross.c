/*
 * Where links cross, by a sweep in the manner of Bentley and Ottmann (IEEE Trans. Comput. C-28,
 * 1979), but in steps of whole abscissas, so that only orders at lattice abscissas are ever
 * compared and 128 bits are enough: neighbours that will cross wait in a queue for the first step
 * after it, and swap there (a kinetic sorted list). Every swap is one crossing, whatever the order
 * of swaps within a step. O((n + k) log n) for n links that cross k times: no more on bundles of
 * long parallel links, which boxes cannot tell apart.
 */
#include "geo/active_list.h"
#include "base/memory.h"
#include "base/radix.h"

/* What happens at one abscissa, in this order. Swaps before it are crossings since the step before.
 */
enum phase { SWAP_BEFORE, END, VERTICAL, SWAP_AT, BEGIN, PHASES = 8 };

static uint64_t moment(int32_t x, enum phase phase)
{
    return (uint64_t)(uint32_t)x * PHASES + phase;
}

typedef struct meeting {
    uint64_t at;
    uint32_t lower, upper; /* links */
} meeting;

typedef struct crosser {
    const hg_graph *g;
    hg_active active;
    meeting *queue; /* a binary heap */
    size_t queued, queue_capacity;
    uint64_t *event; /* ends and beginnings of links, and vertical links, in order */
    uint32_t *event_link;
    size_t event_count;
    hg_keys *pixels;
} crosser;

static hg_status push(crosser *c, meeting m, hg_error *err)
{
    meeting *grown = hg_grow(c->queue, &c->queue_capacity, c->queued + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    c->queue = grown;
    size_t i = c->queued++;
    for (; i > 0 && c->queue[(i - 1) / 2].at > m.at; i = (i - 1) / 2)
        c->queue[i] = c->queue[(i - 1) / 2];
    c->queue[i] = m;
    return HG_OK;
}

static meeting pop(crosser *c)
{
    meeting first = c->queue[0];
    meeting last = c->queue[--c->queued];
    size_t i = 0;
    for (size_t child = 1; child < c->queued; child = 2 * i + 1) {
        if (child + 1 < c->queued && c->queue[child + 1].at < c->queue[child].at)
            child++;
        if (last.at <= c->queue[child].at)
            break;
        c->queue[i] = c->queue[child];
        i = child;
    }
    c->queue[i] = last;
    return first;
}

/* num / den of the way from a to b lies the point where a-b and c-d cross inside both; false if
 * they do not. */
static bool crossing(hg_node a, hg_node b, hg_node c, hg_node d, int64_t *num, int64_t *den)
{
    int64_t ta = hg_node_turn(c, d, a);
    int64_t tb = hg_node_turn(c, d, b);
    if (ta == 0 || tb == 0 || (ta > 0) == (tb > 0))
        return false;
    int64_t tc = hg_node_turn(a, b, c);
    int64_t td = hg_node_turn(a, b, d);
    if (tc == 0 || td == 0 || (tc > 0) == (td > 0))
        return false;
    *num = ta < 0 ? -ta : ta;
    *den = ta < 0 ? tb - ta : ta - tb;
    return true;
}

/* Halves go up, as the pixels are half-open. */
static int32_t rounded_part(int64_t whole, int64_t num, int64_t den)
{
    __int128 twice = 2 * (__int128)num * whole + den;
    __int128 unit = 2 * (__int128)den;
    return (int32_t)(twice / unit - (twice % unit < 0));
}

static hg_status add_pixel(crosser *c, const hg_place *p, const hg_place *q, hg_error *err)
{
    int64_t num;
    int64_t den;
    if (!crossing(p->a, p->b, q->a, q->b, &num, &den))
        return HG_OK;
    int32_t x = p->a.x + rounded_part((int64_t)p->b.x - p->a.x, num, den);
    int32_t y = p->a.y + rounded_part((int64_t)p->b.y - p->a.y, num, den);
    return hg_keys_add(c->pixels, hg_key((uint32_t)x, (uint32_t)y), err);
}

/* Positive: q rises more steeply than p. */
static int64_t slope_turn(const hg_place *p, const hg_place *q)
{
    return ((int64_t)p->b.x - p->a.x) * ((int64_t)q->b.y - q->a.y) -
           ((int64_t)p->b.y - p->a.y) * ((int64_t)q->b.x - q->a.x);
}

/* Queues the meeting of two neighbours, if they have one before them. */
static hg_status expect_meeting(crosser *c, uint32_t lower, uint32_t upper, hg_error *err)
{
    const hg_place *p = &c->active.places[lower];
    const hg_place *q = &c->active.places[upper];
    int64_t num;
    int64_t den;
    if (lower == 0 || upper == 0 || slope_turn(p, q) >= 0 ||
        !crossing(p->a, p->b, q->a, q->b, &num, &den))
        return HG_OK;
    __int128 along = (__int128)num * ((int64_t)p->b.x - p->a.x);
    int32_t x = p->a.x + (int32_t)(along / den);
    meeting m = {along % den ? moment(x + 1, SWAP_BEFORE) : moment(x, SWAP_AT), p->link, q->link};
    return push(c, m, err);
}

static hg_status swap(crosser *c, meeting m, hg_error *err)
{
    uint32_t lower = c->active.place_of[m.lower];
    uint32_t upper = c->active.place_of[m.upper];
    if (c->active.places[lower].up != upper ||
        upper == 0) /* no neighbours now: they will be again */
        return HG_OK;
    hg_status status = add_pixel(c, &c->active.places[lower], &c->active.places[upper], err);
    hg_active_replace(&c->active, lower, m.upper);
    hg_active_replace(&c->active, upper, m.lower);
    if (status == HG_OK)
        status = expect_meeting(c, c->active.places[lower].down, lower, err);
    return status == HG_OK ? expect_meeting(c, upper, c->active.places[upper].up, err) : status;
}

static hg_status end_link(crosser *c, uint32_t link, hg_error *err)
{
    uint32_t place = c->active.place_of[link];
    uint32_t lower = c->active.places[place].down;
    uint32_t upper = c->active.places[place].up;
    hg_active_remove(&c->active, place);
    return expect_meeting(c, lower, upper, err);
}

/* Just right of the point where new begins: is it above old? Of links on one line the later is. */
static bool runs_above(const hg_place *new, const hg_place *old)
{
    int64_t turn = hg_node_turn(old->a, old->b, new->a);
    turn = turn ? turn : slope_turn(old, new);
    return turn ? turn > 0 : new->link > old->link;
}

static hg_status begin_link(crosser *c, uint32_t link, hg_error *err)
{
    const hg_link *e = &c->g->links[link];
    const hg_place new = {.link = link, .a = c->g->nodes[e->a], .b = c->g->nodes[e->b]};
    uint32_t under = 0;
    for (uint32_t p = c->active.root; p;) {
        bool above = runs_above(&new, &c->active.places[p]);
        under = above ? p : under;
        p = above ? c->active.places[p].right : c->active.places[p].left;
    }
    uint32_t place = 0;
    hg_status status = hg_active_insert(&c->active, under, link, &place, err);
    if (status == HG_OK)
        status = expect_meeting(c, under, place, err);
    return status == HG_OK ? expect_meeting(c, place, c->active.places[place].up, err) : status;
}

/* A vertical link crosses what lies between its ends. */
static hg_status pass_vertical(crosser *c, uint32_t link, hg_error *err)
{
    const hg_link *e = &c->g->links[link];
    const hg_place vertical = {.link = link, .a = c->g->nodes[e->a], .b = c->g->nodes[e->b]};
    uint32_t first = 0;
    for (uint32_t p = c->active.root; p;) {
        const hg_place *q = &c->active.places[p];
        bool above = hg_node_turn(q->a, q->b, vertical.a) < 0;
        first = above ? p : first;
        p = above ? q->left : q->right;
    }
    hg_status status = HG_OK;
    for (uint32_t p = first; p && status == HG_OK; p = c->active.places[p].up) {
        const hg_place *q = &c->active.places[p];
        if (hg_node_turn(q->a, q->b, vertical.b) <= 0)
            break;
        status = add_pixel(c, &vertical, q, err);
    }
    return status;
}

static hg_status handle_event(crosser *c, size_t i, hg_error *err)
{
    switch (c->event[i] % PHASES) {
    case END:
        return end_link(c, c->event_link[i], err);
    case BEGIN:
        return begin_link(c, c->event_link[i], err);
    default:
        return pass_vertical(c, c->event_link[i], err);
    }
}

static hg_status run(crosser *c, hg_error *err)
{
    hg_status status = hg_radix_sort(c->event, c->event_link, c->event_count, 1, err);
    for (size_t i = 0; i < c->event_count && status == HG_OK;) {
        if (c->queued > 0 && c->queue[0].at < c->event[i])
            status = swap(c, pop(c), err);
        else
            status = handle_event(c, i++, err);
    }
    return status;
}

static void list_events(crosser *c)
{
    for (size_t i = 0; i < c->g->link_count; i++) {
        int32_t from = c->g->nodes[c->g->links[i].a].x;
        int32_t to = c->g->nodes[c->g->links[i].b].x;
        c->event_link[c->event_count] = (uint32_t)i;
        c->event[c->event_count++] = moment(from, from == to ? VERTICAL : BEGIN);
        if (from == to)
            continue;
        c->event_link[c->event_count] = (uint32_t)i;
        c->event[c->event_count++] = moment(to, END);
    }
}

hg_status hg_graph_cross(const hg_graph *g, hg_keys *pixels, hg_error *err)
{
    crosser c = {.g = g, .pixels = pixels};
    hg_status status = hg_active_init(&c.active, g, err);
    c.event = hg_malloc(2 * g->link_count, sizeof *c.event);
    c.event_link = hg_malloc(2 * g->link_count, sizeof *c.event_link);
    if (status == HG_OK && (!c.event || !c.event_link))
        status = hg_fail_memory(err);
    if (status == HG_OK) {
        list_events(&c);
        status = run(&c, err);
    }
    hg_active_dispose(&c.active);
    hg_free(c.queue);
    hg_free(c.event);
    hg_free(c.event_link);
    return status;
}
