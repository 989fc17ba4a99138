// A library to preload (LD_PRELOAD). Once per second it writes the state of glibc's heap to the file HEAP_WATCH: the allocated
// bytes, and the bytes that the heap has from the system. bench/soak.py reads the file.
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void* watch(void* path) {
  char written[4096];
  snprintf(written, sizeof written, "%s.part", (const char*)path);
  while (1) {
    const struct mallinfo2 heap = mallinfo2();
    FILE* out = fopen(written, "w");
    if (out != NULL) {
      fprintf(out, "%zu %zu\n", heap.uordblks + heap.hblkhd, heap.arena + heap.hblkhd);
      fclose(out);
      rename(written, path);
    }
    sleep(1);
  }
  return NULL;
}

__attribute__((constructor)) static void begin(void) {
  pthread_t thread;
  char* path = getenv("HEAP_WATCH");
  if (path != NULL && pthread_create(&thread, NULL, watch, path) == 0) pthread_detach(thread);
}
