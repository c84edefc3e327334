/* arena_test.c. That an arena past its cap ends the process is shown in a child. */
#include "base/arena.c"

#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

TEST(memory_is_zeroed_and_aligned)
{
    ARENA a = arena_open(1 << 20);
    for (size_t align = 1; align <= 64; align *= 2) {
        unsigned char *p = arena_alloc(a, 3, align);
        CHECK((uintptr_t)p % align == 0);
        CHECK(p[0] == 0 && p[1] == 0 && p[2] == 0);
        memset(p, 0xff, 3);
    }
}

TEST(memory_is_zeroed_again_after_a_reset)
{
    ARENA a = arena_open(1 << 20);
    memset(arena_alloc(a, 1000, 1), 0xff, 1000);
    arena_reset(a);
    CHECK(arena_used(a) == 0);
    const unsigned char *p = arena_alloc(a, 1000, 1);
    for (size_t i = 0; i < 1000; i++) CHECK(p[i] == 0);
}

TEST(pieces_larger_than_a_block_fit)
{
    ARENA a = arena_open(8 << 20);
    unsigned char *big = arena_alloc(a, 4 << 20, 1), *small = arena_alloc(a, 10, 1);
    big[(4 << 20) - 1] = 1;
    small[9] = 1;
    CHECK(arena_used(a) == (4u << 20) + 10);
}

TEST(a_copy_is_aligned_and_its_own)
{
    ARENA a = arena_open(1 << 20);
    int64_t from[] = { 1, -2, 3 };
    (void)arena_room(a, 1);
    int64_t *list = arena_copy(a, int64_t, from, 3);
    from[1] = 7;
    CHECK((uintptr_t)list % _Alignof(int64_t) == 0 && list[0] == 1 && list[1] == -2 && list[2] == 3);
    CHECK(arena_copy(a, int64_t, NULL, 0) != NULL);
}

TEST(an_array_of_nothing_is_not_null)
{
    CHECK(arena_array(c->arena, int, 0) != NULL);
}

TEST(a_copy_on_the_heap_is_apart_and_ends_with_a_nul)
{
    char text[] = "abc";
    struct str copy = heap_copy((struct str){ text, 2 }), empty = heap_copy((struct str){ 0 });
    text[0] = 'x';
    CHECK(copy.n == 2 && strcmp(copy.p, "ab") == 0);
    CHECK(empty.n == 0 && empty.p && *empty.p == 0);
    heap_drop(copy);
    heap_drop(empty);
    heap_drop((struct str){ 0 });
}

static int ends_with_signal(void (*run)(struct arena *))
{
    int how;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(STDERR_FILENO);
        run(arena_open(1 << 20));
        _exit(0);
    }
    CHECK(waitpid(pid, &how, 0) == pid);
    return WIFEXITED(how) ? 0 : 1;
}

static void go_over_the_cap(struct arena *a) { (void)arena_alloc(a, 2 << 20, 1); }
static void overflow_the_product(struct arena *a) { (void)arena_alloc_array(a, SIZE_MAX / 2, 4, 1); }
static void stay_inside(struct arena *a) { (void)arena_alloc(a, 1 << 19, 1); }

TEST(over_the_cap_ends_the_process)
{
    CHECK(ends_with_signal(go_over_the_cap));
    CHECK(ends_with_signal(overflow_the_product));
    CHECK(!ends_with_signal(stay_inside));
}
