/* Text to speech with the Orpheus voices, in C.
 *
 *   const orpheus_request request = {.struct_size = sizeof request, .text = "Hello."};
 *   orpheus_speaker* speaker = NULL;
 *   orpheus_speech* speech = NULL;
 *   float samples[4096];
 *   size_t count = 0;
 *   if (orpheus_create(NULL, &speaker) == ORPHEUS_OK &&
 *       orpheus_start(speaker, &request, &speech) == ORPHEUS_OK)
 *     while (orpheus_next(speech, samples, 4096, &count) == ORPHEUS_OK && count > 0)
 *       play(samples, count);
 *   orpheus_finish(speech);
 *   orpheus_free(speaker);
 *
 * Samples are mono at ORPHEUS_SAMPLE_RATE_HZ, nominally -1 ... 1. A speaker may be used by many
 * threads at once; a speech belongs to one thread at a time, but for orpheus_cancel. A call that
 * fails says why in orpheus_last_error(). Nothing is thrown, nothing exits, and nothing is written
 * to standard output or standard error (orpheus_set_log).
 *
 * A struct of settings begins with its size, so that a program that was compiled with an older
 * header runs with a newer library: set struct_size to sizeof the struct. A field that is zero or
 * NULL has its default.
 *
 * The library handles no signals. It reads weights where they lie in the model's file: a program
 * that cuts a file in use short ends the host with SIGBUS. Replace such a file by renaming another
 * over it. */
#ifndef ORPHEUS_ORPHEUS_H
#define ORPHEUS_ORPHEUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ORPHEUS_API __attribute__((visibility("default")))
#else
#define ORPHEUS_API
#endif

#define ORPHEUS_VERSION "0.2.0" /* of this header */
#define ORPHEUS_SAMPLE_RATE_HZ 24000

/* The same numbers as the program's exit codes. */
typedef enum orpheus_status {
  ORPHEUS_OK = 0,
  ORPHEUS_INTERNAL = 1,    /* a fault of the library */
  ORPHEUS_USAGE = 2,       /* the call or the request is wrong */
  ORPHEUS_NOT_FOUND = 3,   /* a file, voice or device that does not exist */
  ORPHEUS_BAD_FILE = 4,    /* a file whose bytes are not what they should be */
  ORPHEUS_UNSUPPORTED = 5, /* valid, but not something this build or device can do */
  ORPHEUS_IO = 6,          /* reading or writing failed */
  ORPHEUS_LIMIT = 7,       /* text length, memory, or too many speeches at once */
  ORPHEUS_UNAVAILABLE = 8, /* a device or a server does not answer */
  ORPHEUS_TIMED_OUT = 9,   /* another server did not answer in time */
  ORPHEUS_BAD_REPLY = 10,  /* another server answered what it should not */
  ORPHEUS_CANCELLED = 130
} orpheus_status;

/* What a speaker is made of. The lists of strings end with NULL. */
typedef struct orpheus_settings {
  size_t struct_size; /* sizeof(orpheus_settings) */
  const char* model;  /* a GGUF of the language model; NULL with codec NULL: the built-in voice */
  const char* codec;  /* a GGUF of the codec */
  const char* const* more_models; /* further models: a request goes to the one that has its voice,
                                     or else speaks its language */
  const char* data_folder; /* where the built-in voice is kept; NULL: orpheus below the folder for
                              temporary files, which must be this user's alone */
  const char* device;      /* "CPU", or another name that 'orpheus devices' lists; NULL chooses.
                              "A,B" is a replica on each, "A+B" one whose layers they share */
  int32_t threads;         /* of the language model, at most 1024; 0 leaves one core to the codec */
  /* With an address the language model runs on these servers (docs/remote.md): only a codec is
     needed here; a model beside it is read for its vocabulary and voices alone. */
  const char* const* servers;  /* "http://HOST:PORT", one each */
  const char* server_key;      /* sent as "Authorization: Bearer KEY" */
  const char* server_model;    /* the model to ask for; NULL: the server's own */
  const char* server_proxy;    /* NULL: the environment's, but none to this machine */
  const char* ca_certificates; /* PEM file of those who vouch for https; NULL: the system's */
  int32_t server_timeout_s;    /* without a token, at most 86400; 0: 120 */
} orpheus_settings;

/* A piece of the text, as its turn to be heard comes. Valid during the call. */
typedef struct orpheus_piece {
  size_t index; /* 0 ... count - 1 */
  size_t count;
  const char* text;  /* as the voice is given it, UTF-8 */
  const char* voice; /* that speaks it */
  size_t text_begin; /* of the stretch of the request's text that it stands for, in bytes */
  size_t text_end;
  int64_t first_sample; /* of the speech as it is handed out; a pause before it belongs to it */
} orpheus_piece;

/* Called within orpheus_next, before it hands out the piece's first sample. */
typedef void (*orpheus_piece_function)(void* context, const orpheus_piece* piece);

typedef struct orpheus_request {
  size_t struct_size;   /* sizeof(orpheus_request) */
  const char* text;     /* UTF-8 */
  const char* voice;    /* a name that the model knows; NULL is its first */
  const char* language; /* of the text, ISO 639-1; NULL is the voice's */
  int32_t
      numbers_as_written; /* not 0: numbers, money and dates go to the model as they are written */
  int32_t greedy;         /* not 0: always the likeliest token, whatever temperature says */
  /* Of these five 0 is what the voice's file says, else what stands here. -1 turns top_k and min_p
     off though the file says something. */
  float temperature;        /* 0.6; at most 10 */
  float top_p;              /* 0.9; at most 1, which is off */
  int32_t top_k;            /* off */
  float min_p;              /* off; at most 1 */
  float repetition_penalty; /* 1.1; 0.1 ... 10, and 1 is off */
  uint64_t seed;            /* on a CPU the same seed, text and voice give the same sound; 0 is a
                               seed like any other */
  int32_t max_tokens; /* of each piece that the text is spoken in: 8192; at least 7; 82 a second */
  float speed;        /* 1; 0.25 ... 4, at the same pitch */
  orpheus_piece_function on_piece; /* may be NULL */
  void* context;                   /* for on_piece */
} orpheus_request;

typedef struct orpheus_speaker orpheus_speaker;
typedef struct orpheus_speech orpheus_speech;

/* Of the library, "0.2.0"; of the header: ORPHEUS_VERSION. */
ORPHEUS_API const char* orpheus_version(void);

typedef enum orpheus_log_level {
  ORPHEUS_LOG_DEBUG = 1,
  ORPHEUS_LOG_INFO = 2,
  ORPHEUS_LOG_WARNING = 3
} orpheus_log_level;

/* Takes a line of the library's log, without its end; from any thread, one call at a time. It must
 * not call the library. */
typedef void (*orpheus_log_function)(void* context, orpheus_log_level level, const char* line);

/* Where the library's log goes from now on, for the whole process; NULL: nowhere, as at the
 * beginning. Once it returns, the function before is not called any more. */
ORPHEUS_API void orpheus_set_log(orpheus_log_function function, void* context,
                                 orpheus_log_level least);

/* Loads the voice. settings may be NULL. *speaker is NULL when it fails. Values out of range fail
 * with ORPHEUS_USAGE. */
ORPHEUS_API orpheus_status orpheus_create(const orpheus_settings* settings,
                                          orpheus_speaker** speaker);
/* Speeches in progress go on, and are to be finished like any other. NULL does nothing. */
ORPHEUS_API void orpheus_free(orpheus_speaker* speaker);

/* The name of a voice, valid as long as the speaker; NULL past the last. */
ORPHEUS_API const char* orpheus_voice(const orpheus_speaker* speaker, size_t index);

/* Begins to speak, on a thread of its own. What the request points at is copied, but for context.
 * What is wrong with the request fails here: ORPHEUS_USAGE, ORPHEUS_NOT_FOUND, ORPHEUS_LIMIT. */
ORPHEUS_API orpheus_status orpheus_start(orpheus_speaker* speaker, const orpheus_request* request,
                                         orpheus_speech** speech);
/* Waits for the next samples, at most capacity of them; *count is 0 at the end of the speech. */
ORPHEUS_API orpheus_status orpheus_next(orpheus_speech* speech, float* samples, size_t capacity,
                                        size_t* count);
/* Ends a speech early, from any thread: a waiting orpheus_next answers ORPHEUS_CANCELLED. */
ORPHEUS_API void orpheus_cancel(orpheus_speech* speech);
/* Cancels what goes on and frees the speech. NULL does nothing. */
ORPHEUS_API void orpheus_finish(orpheus_speech* speech);

/* What went wrong in this thread's last call that did not answer ORPHEUS_OK: what, expected, found,
 * what to do. Valid until this thread's next call. */
ORPHEUS_API const char* orpheus_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
