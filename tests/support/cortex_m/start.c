/* SPDX-License-Identifier: BSD-3-Clause */
/* Reset, memory, and two semihosting calls: write a string, leave with an exit code. */
#include <stdint.h>

extern uint32_t data_begin, data_end, data_load, bss_begin, bss_end, stack_top;
int main(void);

static void host(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void say(const char *text) { host(0x04, text); }

void leave(int code)
{
    uint32_t block[2];
    block[0] = 0x20026;
    block[1] = (uint32_t)code;
    for (;;)
        host(0x20, block);
}

void reset(void)
{
    uint32_t *to, *from = &data_load;
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* the floating-point unit, where there is one */
    for (to = &data_begin; to < &data_end;)
        *to++ = *from++;
    for (to = &bss_begin; to < &bss_end;)
        *to++ = 0;
    leave(main());
}

static void fault(void)
{
    say("fault\n");
    leave(3);
}

__attribute__((section(".vectors"), used)) void *const vectors[16] = {&stack_top, reset, fault, fault, fault,
                                                                      fault,      fault};
