// A library to preload (LD_PRELOAD) that makes one call of a program fail. The driver and the program share a mapped file with
// the order (ORPHEUS_FAULTS is its path). The driver arms one fault at a time; the fault occurs once and disarms itself.
//
// The fault is the n-th call of one kind since it was armed, or an allocation on a call stack on which none has failed yet.
// Nothing fails before or after main. For Linux with glibc. Call stacks are equal in all runs only if addresses are not
// randomised (personality ADDR_NO_RANDOMIZE); the driver starts the program in this way.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

enum kind { kAllocation, kWrite, kSync, kOpen, kMap, kRead, kConnect, kThread, kSend, kReceive, kRename, kNumKinds };
enum { kMaxFrames = 24, kHashedFrames = 12, kNumSlots = 1 << 16 };

// The same members as Control in the driver, try.py.
struct control {
  atomic_int armed;             // 0: nothing fails
  atomic_int kind;              // which calls are counted for `at`
  atomic_long at;               // number of the failing call; below 0: the first allocation with a new stack
  atomic_long sieve;            // uses only new stacks whose hash is a multiple of it
  atomic_int fired;             // 1: the fault has occurred
  atomic_int num_frames;        // of the stack of the fault
  atomic_long counts[16];       // calls of each kind since arming
  atomic_ulong frames[kMaxFrames];
  atomic_ulong tried[kNumSlots];  // hashes of stacks on which a call has failed
};

static struct control* control;
static char stack_path[4096];  // file for the stack of a fault, with the names of libraries
static atomic_int inside_main;
static __thread int busy;  // this thread is in this library: its calls do not fail

// ---- Call stacks ----------------------------------------------------------------------------------------------------

struct walk {
  uintptr_t frames[kMaxFrames];
  int count;
};

static _Unwind_Reason_Code step(struct _Unwind_Context* context, void* data) {
  struct walk* walk = data;
  if (walk->count == kMaxFrames) return _URC_END_OF_STACK;
  walk->frames[walk->count++] = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

static uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

static uint64_t hash_of(const struct walk* walk) {
  uint64_t hash = 1;
  for (int i = 0; i < walk->count && i < kHashedFrames; ++i) hash = mixed(hash, walk->frames[i]);
  return hash | 1;  // 0 is an empty slot
}

static void report(const struct walk* walk) {
  const int file = open(stack_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0) {
    void* frames[kMaxFrames];
    for (int i = 0; i < walk->count; ++i) frames[i] = (void*)walk->frames[i];
    backtrace_symbols_fd(frames, walk->count, file);
    close(file);
  }
  for (int i = 0; i < walk->count; ++i) control->frames[i] = walk->frames[i];
  control->num_frames = walk->count;
  control->fired = 1;
}

// Whether the stack is new; marks it as known.
static int is_new(atomic_ulong* set, uint64_t hash) {
  for (size_t i = 0; i < kNumSlots; ++i) {
    atomic_ulong* slot = &set[(hash + i) % kNumSlots];
    unsigned long found = 0;
    if (atomic_compare_exchange_strong(slot, &found, hash)) return 1;
    if (found == hash) return 0;
  }
  return 0;
}

static int is_known(atomic_ulong* set, uint64_t hash) {
  for (size_t i = 0; i < kNumSlots; ++i) {
    const unsigned long found = set[(hash + i) % kNumSlots];
    if (found == hash) return 1;
    if (found == 0) return 0;
  }
  return 1;
}

// Unwinding is slow. Calls from the same address with the same stack pointer are not unwound again.
static atomic_ulong looked_at[kNumSlots];

static int fires_at_new_stack(void* caller, void* stack_pointer) {
  const uint64_t place = mixed(mixed((uint64_t)control->sieve, (uintptr_t)caller), (uintptr_t)stack_pointer) | 1;
  if (!is_new(looked_at, place)) return 0;
  struct walk walk = {.count = 0};
  _Unwind_Backtrace(step, &walk);
  const uint64_t hash = hash_of(&walk);
  if ((hash >> 8) % (uint64_t)control->sieve != 0 || is_known(control->tried, hash)) return 0;
  int armed = 1;
  if (!atomic_compare_exchange_strong(&control->armed, &armed, 0)) return 0;
  is_new(control->tried, hash);
  report(&walk);
  return 1;
}

static int fires(enum kind kind, void* caller, void* stack_pointer) {
  if (!inside_main || control == NULL || !control->armed || busy) return 0;
  busy = 1;
  const long number = atomic_fetch_add(&control->counts[kind], 1);
  int does = 0;
  if (control->kind == (int)kind) {
    if (control->at < 0) {
      does = fires_at_new_stack(caller, stack_pointer);
    } else if (number == control->at) {
      int armed = 1;
      does = atomic_compare_exchange_strong(&control->armed, &armed, 0);
      if (does) {
        struct walk walk = {.count = 0};
        _Unwind_Backtrace(step, &walk);
        report(&walk);
      }
    }
  }
  busy = 0;
  return does;
}

#define FIRES(kind) fires(kind, __builtin_return_address(0), __builtin_frame_address(0))

// ---- Before and after main ------------------------------------------------------------------------------------------

static void take_orders(void) {
  const char* path = getenv("ORPHEUS_FAULTS");
  if (path == NULL) return;
  snprintf(stack_path, sizeof stack_path, "%s.stack", path);
  const int descriptor = open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void* at = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (at != MAP_FAILED) control = at;
}

static int (*real_main)(int, char**, char**);

static int wrapped_main(int argc, char** argv, char** environment) {
  struct walk walk = {.count = 0};
  _Unwind_Backtrace(step, &walk);  // so that its initialisation does not count
  take_orders();
  inside_main = 1;
  const int status = real_main(argc, argv, environment);
  inside_main = 0;
  return status;
}

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void* stack_end) {
  int (*next)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void), void*) =
      dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = main;
  return next(wrapped_main, argc, argv, init, fini, rtld_fini, stack_end);
}

// ---- Allocations ----------------------------------------------------------------------------------------------------

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static void* no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

void* malloc(size_t size) { return FIRES(kAllocation) ? no_memory() : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return FIRES(kAllocation) ? no_memory() : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return FIRES(kAllocation) ? no_memory() : __libc_realloc(old, size); }
void* memalign(size_t alignment, size_t size) {
  return FIRES(kAllocation) ? no_memory() : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  return FIRES(kAllocation) ? no_memory() : __libc_memalign(alignment, size);
}
int posix_memalign(void** place, size_t alignment, size_t size) {
  if (FIRES(kAllocation)) return ENOMEM;
  *place = __libc_memalign(alignment, size);
  return *place == NULL ? ENOMEM : 0;
}

// ---- Other calls ----------------------------------------------------------------------------------------------------

// The next function of this name; looked up once.
#define NEXT(name)                                             \
  static __typeof__(&name) next;                               \
  if (next == NULL) {                                          \
    const int kept = busy;                                     \
    busy = 1; /* dlsym may allocate */                         \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);         \
    busy = kept;                                               \
  }

#define FAILING(kind, error, result) \
  if (FIRES(kind)) {                 \
    errno = error;                   \
    return result;                   \
  }

ssize_t write(int file, const void* bytes, size_t count) {
  NEXT(write)
  FAILING(kWrite, ENOSPC, -1)
  return next(file, bytes, count);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  NEXT(writev)
  FAILING(kWrite, ENOSPC, -1)
  return next(file, parts, count);
}
size_t fwrite(const void* bytes, size_t size, size_t count, FILE* file) {
  NEXT(fwrite)
  if (file != stderr) {  // except standard error, for the message
    FAILING(kWrite, ENOSPC, 0)
  }
  return next(bytes, size, count, file);
}
int fflush(FILE* file) {
  NEXT(fflush)
  if (file != stderr) {
    FAILING(kWrite, ENOSPC, EOF)
  }
  return next(file);
}
int fsync(int file) {
  NEXT(fsync)
  FAILING(kSync, EIO, -1)
  return next(file);
}
int fdatasync(int file) {
  NEXT(fdatasync)
  FAILING(kSync, EIO, -1)
  return next(file);
}

static int mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, int) : 0;
}
#define OPENING(name)                       \
  int name(const char* path, int flags, ...) { \
    NEXT(name)                              \
    FAILING(kOpen, EMFILE, -1)              \
    va_list rest;                           \
    va_start(rest, flags);                  \
    const int mode = mode_of(flags, rest);  \
    va_end(rest);                           \
    return next(path, flags, mode);         \
  }
OPENING(open)
OPENING(open64)
int openat(int folder, const char* path, int flags, ...) {
  NEXT(openat)
  FAILING(kOpen, EMFILE, -1)
  va_list rest;
  va_start(rest, flags);
  const int mode = mode_of(flags, rest);
  va_end(rest);
  return next(folder, path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen)
  FAILING(kOpen, EMFILE, NULL)
  return next(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen64)
  FAILING(kOpen, EMFILE, NULL)
  return next(path, mode);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir)
  FAILING(kOpen, ENOSPC, -1)
  return next(path, mode);
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
  NEXT(mmap)
  FAILING(kMap, ENOMEM, MAP_FAILED)
  return next(at, size, protection, flags, file, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int file, off_t offset) {
  NEXT(mmap64)
  FAILING(kMap, ENOMEM, MAP_FAILED)
  return next(at, size, protection, flags, file, offset);
}
ssize_t read(int file, void* bytes, size_t count) {
  NEXT(read)
  FAILING(kRead, EIO, -1)
  return next(file, bytes, count);
}
size_t fread(void* bytes, size_t size, size_t count, FILE* file) {
  NEXT(fread)
  if (FIRES(kRead)) {
    file->_flags |= _IO_ERR_SEEN;  // as the C library's own does
    errno = EIO;
    return 0;
  }
  return next(bytes, size, count, file);
}
ssize_t pread(int file, void* bytes, size_t count, off_t offset) {
  NEXT(pread)
  FAILING(kRead, EIO, -1)
  return next(file, bytes, count, offset);
}
int connect(int file, const struct sockaddr* address, socklen_t size) {
  NEXT(connect)
  FAILING(kConnect, ECONNREFUSED, -1)
  return next(file, address, size);
}
int socket(int family, int type, int protocol) {
  NEXT(socket)
  FAILING(kConnect, EMFILE, -1)
  return next(family, type, protocol);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  NEXT(pthread_create)
  if (FIRES(kThread)) return EAGAIN;
  return next(thread, attributes, run, argument);
}
ssize_t send(int file, const void* bytes, size_t count, int flags) {
  NEXT(send)
  FAILING(kSend, ECONNRESET, -1)
  return next(file, bytes, count, flags);
}
ssize_t sendmsg(int file, const struct msghdr* message, int flags) {
  NEXT(sendmsg)
  FAILING(kSend, ECONNRESET, -1)
  return next(file, message, flags);
}
ssize_t recv(int file, void* bytes, size_t count, int flags) {
  NEXT(recv)
  FAILING(kReceive, ECONNRESET, -1)
  return next(file, bytes, count, flags);
}
ssize_t recvmsg(int file, struct msghdr* message, int flags) {
  NEXT(recvmsg)
  FAILING(kReceive, ECONNRESET, -1)
  return next(file, message, flags);
}
int rename(const char* from, const char* to) {
  NEXT(rename)
  FAILING(kRename, EIO, -1)
  return next(from, to);
}
