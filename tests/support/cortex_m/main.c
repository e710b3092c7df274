/* SPDX-License-Identifier: BSD-3-Clause */
/* Predicts rows, compares with what is expected, and prints wrong rows, SysTick ticks, and bytes of stack. */
#include <stdint.h>
#include "rows.h"

void say(const char *text);

#define CONTROL (*(volatile uint32_t *)0xE000E010)
#define RELOAD (*(volatile uint32_t *)0xE000E014)
#define VALUE (*(volatile uint32_t *)0xE000E018)
#define STACK_WORDS 4096
#define MARK 0xA5C35A3Cu

static void number(const char *name, uint32_t value)
{
    char text[12];
    int i = 11;
    text[i] = 0;
    do {
        text[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    say(name);
    say(text + i);
    say("\n");
}

int main(void)
{
    uint32_t wrong = 0, ticks = 0, before, after;
    volatile uint32_t *sp, *stack;
    int i;
    RELOAD = 0xFFFFFF;
    VALUE = 0;
    CONTROL = 5;
    for (i = 0; i < N_ROWS; ++i) {
        before = VALUE;
        int label = PREDICT(rows[i]);
        after = VALUE;
        ticks += (before - after) & 0xFFFFFF;
        wrong += label != expected[i];
    }
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    for (stack = sp - STACK_WORDS; stack < sp; ++stack)
        *stack = MARK;
    (void)PREDICT(rows[0]);
    for (stack = sp - STACK_WORDS; stack < sp && *stack == MARK; ++stack)
        ;
    number("wrong ", wrong);
    number("ticks ", ticks);
    number("stack ", (uint32_t)(sp - stack) * 4);
    return wrong != 0;
}
