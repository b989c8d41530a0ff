# The code that this filter has beside what the case runs: never called here.
    .text
    .globl WlfOtherCode
WlfOtherCode:
    .fill 0xE20, 1, 0xCC
