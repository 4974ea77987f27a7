/* Log lines go to the sink that was set last, from its level up; without one they go nowhere. */
#include "world.h"

struct lines {
    atomic_int count, dropped;
    char last[256];
};

static void take(void *ctx, uint32_t level, hms_str_t target, hms_str_t message) {
    struct lines *lines = ctx;
    CHECK(level == HMS_LOG_LEVEL_INFO && target.len > 0);
    snprintf(lines->last, sizeof lines->last, "%.*s", (int)message.len, message.ptr);
    atomic_fetch_add(&lines->count, 1);
}

static void drop(void *ctx) { atomic_fetch_add(&((struct lines *)ctx)->dropped, 1); }

/* Loading a component is told at level INFO, once for each runtime. */
static void load(const char *component) {
    hms_runtime_t runtime;
    OK(hms_runtime_new(NULL, &runtime, NULL));
    OK(hms_component_load(runtime, (hms_str_t){component, strlen(component)}, NULL));
    OK(hms_runtime_close(runtime, SECOND, NULL));
}

static void set_sink(struct lines *lines, uint32_t min_level) {
    hms_log_sink_t sink = {.struct_size = sizeof sink, .min_level = min_level, .ctx = lines, .on_log = take, .drop = drop};
    OK(hms_log_set_sink(&sink, NULL));
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    struct lines first = {0}, second = {0};
    load(arguments[1]);
    set_sink(&first, HMS_LOG_LEVEL_DEFAULT);
    load(arguments[1]);
    CHECK(atomic_load(&first.count) == 1 && strstr(first.last, "render") != NULL);

    set_sink(&second, HMS_LOG_LEVEL_WARNING);
    CHECK(atomic_load(&first.dropped) == 1);
    load(arguments[1]);
    CHECK(atomic_load(&first.count) == 1 && atomic_load(&second.count) == 0);

    hms_log_sink_t bad = {.struct_size = sizeof bad, .min_level = 99, .ctx = &first, .on_log = take, .drop = drop};
    CHECK_STATUS(hms_log_set_sink(&bad, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&first.dropped) == 2);
    OK(hms_log_set_sink(NULL, NULL));
    CHECK(atomic_load(&second.dropped) == 1);
    load(arguments[1]);
    return 0;
}
