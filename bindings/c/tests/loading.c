/* A component starts once per runtime: one that failed is tried again, and who comes meanwhile waits. */
#include "world.h"

#include <dlfcn.h>

static struct world world;
static hms_str_t component;
static atomic_int loaded;

static void *load(void *unused) {
    (void)unused;
    OK(hms_component_load(world.runtime, component, NULL));
    atomic_fetch_add(&loaded, 1);
    return NULL;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    world = open_world();
    component = (hms_str_t){argv[1], strlen(argv[1])};

    hms_error_t error;
    CHECK_STATUS(hms_component_load(world.runtime, HMS_STR("/no/such.so"), &error), HMS_STATUS_NOT_FOUND);
    hms_str_t message = hms_error_message(error);
    const char expected[] = "component '/no/such.so' cannot be loaded: there is no such file. Build it, or give its full path";
    CHECK(message.len == sizeof expected - 1 && memcmp(message.ptr, expected, message.len) == 0);
    OK(hms_error_close(error));

    CHECK_STATUS(hms_component_load(world.runtime, component, NULL), HMS_STATUS_RESOURCE_EXHAUSTED);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
    CHECK(library != NULL);
    atomic_int *starts = dlsym(library, "starts"), *may_end = dlsym(library, "may_end");

    pthread_t threads[2];
    CHECK(pthread_create(&threads[0], NULL, load, NULL) == 0);
    wait_for(starts, 2);
    CHECK(pthread_create(&threads[1], NULL, load, NULL) == 0);
    sleep_ms(50);
    CHECK(atomic_load(&loaded) == 0);
    atomic_store(may_end, 1);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    OK(hms_component_load(world.runtime, component, NULL));
    CHECK(atomic_load(&loaded) == 2 && atomic_load(starts) == 2);
    dlclose(library);
    close_world(&world);
    return 0;
}
