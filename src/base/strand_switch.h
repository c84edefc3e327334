/* strand_switch.h: from one stack to another. What a function must preserve (System V ABI for x86-64, AAPCS64) is pushed on the one and popped from the other; on other processors
 * swapcontext(3) does it, with two system calls. Signal masks stay as they are: all strands of a thread share them. Included by strand.c alone. */
#ifndef SEN_BASE_STRAND_SWITCH_H
#define SEN_BASE_STRAND_SWITCH_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define STRAND_REGISTERS 6
#define STRAND_RETURN 6

__asm__(".pushsection .text\n"
        ".type strand_switch, @function\n"
        "strand_switch:\n"
        "    endbr64\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size strand_switch, .-strand_switch\n"
        ".popsection\n");

#elif defined(__aarch64__)
#define STRAND_REGISTERS 20
#define STRAND_RETURN 11

__asm__(".pushsection .text\n"
        ".type strand_switch, %function\n"
        "strand_switch:\n"
        "    bti c\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n    stp x21, x22, [sp, #16]\n    stp x23, x24, [sp, #32]\n    stp x25, x26, [sp, #48]\n    stp x27, x28, [sp, #64]\n    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n    stp d10, d11, [sp, #112]\n    stp d12, d13, [sp, #128]\n    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n    ldp x21, x22, [sp, #16]\n    ldp x23, x24, [sp, #32]\n    ldp x25, x26, [sp, #48]\n    ldp x27, x28, [sp, #64]\n    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n    ldp d10, d11, [sp, #112]\n    ldp d12, d13, [sp, #128]\n    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size strand_switch, .-strand_switch\n"
        ".popsection\n");
#endif

#ifdef STRAND_REGISTERS
struct context { void *sp; };

void strand_switch(void **from, void *to);

/* context_make: a stack whose first switch goes to entry, which never returns. Above its place of return stands one empty word on x86-64, as after a call. */
static inline void context_make(struct context *k, char *bottom, size_t size, void (*entry)(void))
{
    uintptr_t *top = (uintptr_t *)(void *)(bottom + size) - 2;
    uintptr_t *sp = top - STRAND_REGISTERS;
    for (size_t i = 0; i < STRAND_REGISTERS + 2; i++) sp[i] = 0;
    sp[STRAND_RETURN] = (uintptr_t)entry;
    k->sp = sp;
}

static inline void context_switch(struct context *from, const struct context *to) { strand_switch(&from->sp, to->sp); }

#else
#include <ucontext.h>

struct context { ucontext_t at; };

static inline void context_make(struct context *k, char *bottom, size_t size, void (*entry)(void))
{
    (void)getcontext(&k->at);
    k->at.uc_stack = (stack_t){ .ss_sp = bottom, .ss_size = size };
    k->at.uc_link = NULL;
    makecontext(&k->at, entry, 0);
}

static inline void context_switch(struct context *from, const struct context *to) { (void)swapcontext(&from->at, &to->at); }
#endif

#endif
