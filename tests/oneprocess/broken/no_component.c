/* A shared library without the entry points of a component. */
int answer(void) { return 42; }
