#include "../c/loops.c"
