/* Speaks its argument as 16-bit mono PCM on standard output:
 *
 *   cc speak.c -o speak $(pkg-config --cflags --libs orpheus) -lm
 *   ./speak "Hello from C." | aplay -q -r 24000 -f S16_LE
 *
 * ORPHEUS_MODEL and ORPHEUS_CODEC set the two files of a voice. Without them, the small voice that
 * is installed with the library speaks. */
#include <math.h>
#include <orpheus/orpheus.h>
#include <stdio.h>
#include <stdlib.h>

static int complain(orpheus_status status) {
  fprintf(stderr, "speak: %s\n", orpheus_last_error());
  return (int)status;
}

int main(int argc, char** argv) {
  const orpheus_settings settings = {.struct_size = sizeof settings,
                                     .model = getenv("ORPHEUS_MODEL"),
                                     .codec = getenv("ORPHEUS_CODEC")};
  const orpheus_request request = {
      .struct_size = sizeof request, .text = argc > 1 ? argv[1] : "Hello.", .seed = 1};
  orpheus_speaker* speaker = NULL;
  orpheus_speech* speech = NULL;
  orpheus_status status = orpheus_create(&settings, &speaker);
  if (status == ORPHEUS_OK) status = orpheus_start(speaker, &request, &speech);

  float samples[2048];
  size_t count = 1;
  while (status == ORPHEUS_OK && count > 0) {
    status = orpheus_next(speech, samples, sizeof samples / sizeof *samples, &count);
    for (size_t i = 0; i < count; ++i) {
      const int16_t sample = (int16_t)lrintf(fmaxf(-1, fminf(1, samples[i])) * 32767);
      if (fwrite(&sample, sizeof sample, 1, stdout) != 1) return EXIT_FAILURE;
    }
  }
  const int code = status == ORPHEUS_OK ? EXIT_SUCCESS : complain(status);
  orpheus_finish(speech);
  orpheus_free(speaker);
  return code;
}
