/* holder_fuzz.c: any packet to the key holder gets an answer that reads; a packet that reads is written back the same. The holder has no keys. */
#include <stdlib.h>
#include <unistd.h>

#include "trust/holder_answer.h"
#include "trust/holder_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok) abort();
}

static struct vault *empty_vault(void)
{
    static struct vault *v;
    char folder[] = "/tmp/sen-fuzz-XXXXXX";
    if (v) return v;
    struct call *c = call_open(NULL);
    need(mkdtemp(folder) != NULL && vault_open(c, str_z(folder), STR("pin"), &v) == ST_OK);
    (void)rmdir(folder);
    call_close(c);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = call_open(NULL);
    struct wire *w = arena_new(c->arena, struct wire);
    struct str packet = str_of(data, size);
    bool reads = wire_read(packet, w);
    if (reads) {
        struct buf out = buf_in(c->arena, WIRE_PACKET_MAX);
        need(wire_write(w, &out) == ST_OK && str_eq(buf_str(&out), packet));
    }
    if (!reads || w->kind != WIRE_MAKE) need(wire_read(holder_answer(c, empty_vault(), packet), w) && w->kind >= WIRE_ANSWER);
    call_close(c);
    return 0;
}
