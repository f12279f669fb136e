/*
 * The Node-API shim. Exports to JavaScript:
 *   instructionSets    [{ name, runs }], best first
 *   address(buffer)    where an ArrayBuffer's memory stands; to be asked once, before it is used
 *   pool(threads)      a thread pool: { address, threads, handle }; it lives as long as its handle
 *   guard(buffer, from, length)   only under the address sanitizer: any other byte of the buffer may not be touched
 *   kernels(name)      the kernels of an instruction set: { packed_length, pack, … }, each taking numbers
 */
#include <node_api.h>

#include <stdint.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernels.h"
#include "pool.h"
#include "probe.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#define TRY(call)                                                       \
  do {                                                                  \
    if ((call) != napi_ok) {                                            \
      napi_throw_error(env, NULL, "recurra addon: " #call " failed");   \
      return NULL;                                                      \
    }                                                                   \
  } while (0)

static const char *const kernel_names[] = {
#define KERNEL(name, arguments) #name,
#include "kernels.def"
};

/* As large as a kernel has arguments at most. */
#define POOL char pool;
#define FLOATS(x) char x;
#define OPTIONAL(x) char x;
#define IDS(x) char x;
#define BYTES(x) char x;
#define ADDRESSES(x) char x;
#define COUNT(x) char x;
#define FLAG(x) char x;
#define NUMBER(x) char x;
#define BITS(x) char x;
#define KERNEL(name, arguments) \
  struct {                      \
    arguments                   \
  } name;
typedef union {
#include "kernels.def"
} MostArguments;
enum { MAX_ARGUMENTS = sizeof(MostArguments) };

static napi_value call_kernel(napi_env env, napi_callback_info info) {
  napi_value values[MAX_ARGUMENTS], result;
  double arguments[MAX_ARGUMENTS] = {0};
  size_t count = MAX_ARGUMENTS;
  void *data;
  TRY(napi_get_cb_info(env, info, &count, values, NULL, &data));
  if (count > MAX_ARGUMENTS) {
    napi_throw_range_error(env, NULL, "recurra addon: too many arguments");
    return NULL;
  }
  for (size_t i = 0; i < count; i++) TRY(napi_get_value_double(env, values[i], &arguments[i]));
  TRY(napi_create_double(env, (*(const Kernel *)data)(arguments), &result));
  return result;
}

static napi_value kernels(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  size_t count = 1, length;
  char name[32];
  TRY(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  TRY(napi_get_value_string_utf8(env, argument, name, sizeof name, &length));
  for (int s = 0; s < instruction_set_count; s++) {
    const InstructionSet *set = &instruction_sets[s];
    if (strcmp(set->name, name) != 0 || !set->runs()) continue;
    TRY(napi_create_object(env, &result));
    for (int k = 0; k < KERNEL_COUNT; k++) {
      napi_value function;
      TRY(napi_create_function(env, kernel_names[k], NAPI_AUTO_LENGTH, call_kernel, (void *)&set->kernels[k], &function));
      TRY(napi_set_named_property(env, result, kernel_names[k], function));
    }
    return result;
  }
  napi_throw_error(env, NULL, "recurra addon: this processor does not run that instruction set");
  return NULL;
}

/* Large buffers in large pages, where the system hands them out on demand: fewer address translations. */
static void prefer_large_pages(void *data, size_t length) {
#if defined(MADV_HUGEPAGE)
  const uintptr_t page = 1 << 21;
  uintptr_t from = ((uintptr_t)data + page - 1) & ~(page - 1), to = ((uintptr_t)data + length) & ~(page - 1);
  if (to > from) madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
  (void)data;
  (void)length;
#endif
}

static napi_value address(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  size_t count = 1, length;
  void *data;
  TRY(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  TRY(napi_get_arraybuffer_info(env, argument, &data, &length));
  prefer_large_pages(data, length);
  TRY(napi_create_double(env, (double)(uintptr_t)data, &result));
  return result;
}

#if defined(__SANITIZE_ADDRESS__)
static napi_value guard(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  size_t count = 3, size;
  void *data;
  int64_t from, length;
  TRY(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  TRY(napi_get_arraybuffer_info(env, arguments[0], &data, &size));
  TRY(napi_get_value_int64(env, arguments[1], &from));
  TRY(napi_get_value_int64(env, arguments[2], &length));
  __asan_poison_memory_region(data, (size_t)from);
  __asan_poison_memory_region((char *)data + from + length, size - (size_t)(from + length));
  TRY(napi_get_undefined(env, &result));
  return result;
}
#endif

static void free_pool(napi_env env, void *pool, void *hint) {
  (void)env;
  (void)hint;
  pool_destroy(pool);
}

static napi_value pool(napi_env env, napi_callback_info info) {
  napi_value argument, result, handle, at, threads;
  size_t count = 1;
  int32_t wanted;
  TRY(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  TRY(napi_get_value_int32(env, argument, &wanted));
  Pool *made = pool_create(wanted);
  if (!made) {
    napi_throw_error(env, NULL, "recurra addon: no memory for the thread pool");
    return NULL;
  }
  TRY(napi_create_external(env, made, free_pool, NULL, &handle));
  TRY(napi_create_double(env, (double)(uintptr_t)made, &at));
  TRY(napi_create_int32(env, pool_threads(made), &threads));
  TRY(napi_create_object(env, &result));
  TRY(napi_set_named_property(env, result, "handle", handle));
  TRY(napi_set_named_property(env, result, "address", at));
  TRY(napi_set_named_property(env, result, "threads", threads));
  return result;
}

static napi_value instruction_set_list(napi_env env) {
  napi_value list;
  TRY(napi_create_array(env, &list));
  for (int s = 0; s < instruction_set_count; s++) {
    napi_value set, name, runs;
    TRY(napi_create_object(env, &set));
    TRY(napi_create_string_utf8(env, instruction_sets[s].name, NAPI_AUTO_LENGTH, &name));
    TRY(napi_get_boolean(env, instruction_sets[s].runs(), &runs));
    TRY(napi_set_named_property(env, set, "name", name));
    TRY(napi_set_named_property(env, set, "runs", runs));
    TRY(napi_set_element(env, list, (uint32_t)s, set));
  }
  return list;
}

NAPI_MODULE_INIT() {
  napi_value function, list = instruction_set_list(env);
  if (!list) return NULL;
  TRY(napi_set_named_property(env, exports, "instructionSets", list));
  TRY(napi_create_function(env, "address", NAPI_AUTO_LENGTH, address, NULL, &function));
  TRY(napi_set_named_property(env, exports, "address", function));
#if defined(__SANITIZE_ADDRESS__)
  TRY(napi_create_function(env, "guard", NAPI_AUTO_LENGTH, guard, NULL, &function));
  TRY(napi_set_named_property(env, exports, "guard", function));
#endif
  TRY(napi_create_function(env, "pool", NAPI_AUTO_LENGTH, pool, NULL, &function));
  TRY(napi_set_named_property(env, exports, "pool", function));
  TRY(napi_create_function(env, "kernels", NAPI_AUTO_LENGTH, kernels, NULL, &function));
  TRY(napi_set_named_property(env, exports, "kernels", function));
  return exports;
}
