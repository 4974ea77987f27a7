/* A process for one step of the demo (see ../PIPELINE.md): step COMPONENT. It ends when its standard input does. */
#include <hmsffi/hmsffi.h>
#include <stdio.h>
#include <string.h>

static int failed(hms_error_t error) {
    const hms_str_t message = hms_error_message(error);
    fprintf(stderr, "%.*s\n", (int)message.len, message.ptr);
    hms_error_close(error);
    return 1;
}

int main(int count, char **arguments) {
    hms_error_t error = {0};
    hms_runtime_t runtime;
    if (count != 2) {
        fprintf(stderr, "usage: step COMPONENT\n");
        return 2;
    }
    const hms_str_t component = {arguments[1], strlen(arguments[1])};
    if (hms_runtime_default(&runtime, &error) || hms_component_load(runtime, component, &error)) return failed(error);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) continue;
    return hms_runtime_close(runtime, 5000000000, &error) ? failed(error) : 0;
}
