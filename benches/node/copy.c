/* What one would write by hand for Node: a function that copies the bytes of a Buffer to a new Buffer. */
#include <node_api.h>

static napi_value copy(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  void *bytes;
  napi_value argument, answer;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_buffer_info(env, argument, &bytes, &length) != napi_ok ||
      napi_create_buffer_copy(env, length, bytes, NULL, &answer) != napi_ok) {
    napi_throw_error(env, NULL, "copy needs a Buffer");
    return NULL;
  }
  return answer;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "copy", NAPI_AUTO_LENGTH, copy, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "copy", function) != napi_ok) {
    napi_throw_error(env, NULL, "cannot make the function");
  }
  return exports;
}
