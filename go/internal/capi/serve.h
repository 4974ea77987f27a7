#ifndef HMSGO_SERVE_H
#define HMSGO_SERVE_H

#include "shim.h"

// The call whose Go handler runs on this thread; 0 = none.
uint64_t hmsgo_serving(void);

#endif
