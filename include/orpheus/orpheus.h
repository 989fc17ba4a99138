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
 * Samples are mono floats at ORPHEUS_SAMPLE_RATE_HZ, nominally -1 ... 1.
 *
 * Threads: a speaker may be used by many threads at once. A speech may be used by one thread at a
 * time; only orpheus_cancel may be called from another thread.
 *
 * Errors: a call returns a status; orpheus_last_error() describes the failure. The library throws
 * no exceptions, does not exit, installs no signal handlers and writes nothing to standard output
 * or standard error. orpheus_set_log receives its log.
 *
 * Compatibility: set the first field of each struct, struct_size, to sizeof the struct. A program
 * compiled with an older header then works with a newer library. A field that is zero or NULL
 * selects the default. (The default seed is 0.)
 *
 * Model files are mapped into memory. If another program truncates a mapped file, the process
 * receives SIGBUS. To replace a file in use, rename a new file over it. */
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

#define ORPHEUS_VERSION "0.2.0" /* the version of this header */
#define ORPHEUS_SAMPLE_RATE_HZ 24000

/* The numbers equal the exit codes of the program (docs/errors.md). */
typedef enum orpheus_status {
  ORPHEUS_OK = 0,
  ORPHEUS_INTERNAL = 1,    /* a bug in the library */
  ORPHEUS_USAGE = 2,       /* the call or the request is wrong */
  ORPHEUS_NOT_FOUND = 3,   /* a file, voice or device does not exist */
  ORPHEUS_BAD_FILE = 4,    /* a file is damaged or has another format */
  ORPHEUS_UNSUPPORTED = 5, /* valid, but this build or device cannot do it */
  ORPHEUS_IO = 6,          /* reading or writing failed */
  ORPHEUS_LIMIT = 7,       /* the text is too long, or memory or threads ran out */
  ORPHEUS_UNAVAILABLE = 8, /* a device fails, or a server cannot be reached */
  ORPHEUS_TIMED_OUT = 9,   /* a server sent nothing in time */
  ORPHEUS_BAD_REPLY = 10,  /* a server sent an invalid response */
  ORPHEUS_CANCELLED = 130
} orpheus_status;

/* The settings of a speaker. Each list of strings ends with NULL. */
typedef struct orpheus_settings {
  size_t struct_size; /* sizeof(orpheus_settings) */
  /* model: GGUF file of the language model. codec: GGUF file of the codec. NULL for both: the small
     voice that is installed with the library. */
  const char* model;
  const char* codec;
  /* GGUF files of further models. A request uses the model that has the requested voice, or else
     the model that speaks the requested language. */
  const char* const* more_models;
  /* If model and codec are NULL and no small voice is installed, the library writes a voice of
     random weights to this folder. NULL: the folder "orpheus-UID" (UID: the user's number) in the
     folder for temporary files; other users must not be able to write to it. */
  const char* data_folder;
  /* A name that 'orpheus devices' lists, such as "CPU". "A,B" loads a replica on each device;
     "A+B" loads one replica and divides its layers between the devices. NULL: chosen by the
     library. */
  const char* device;
  int32_t threads; /* most threads of the language model, up to 1024; 0: one per core */
  /* Servers that run the language model (docs/remote.md), "http://HOST:PORT" each. With servers,
     codec is required. model is then optional: the vocabulary and the voices are read from it. */
  const char* const* servers;
  const char* server_key;      /* sent as "Authorization: Bearer KEY" */
  const char* server_model;    /* the name of the model to request; NULL: the server's default */
  const char* server_proxy;    /* NULL: from the environment; loopback servers use no proxy */
  const char* ca_certificates; /* PEM file of trusted authorities for https; NULL: the system's */
  int32_t server_timeout_s;    /* longest wait for a token, 1 ... 86400 seconds; 0: 120 */
} orpheus_settings;

/* A piece of the text. The library speaks a long text in pieces. The struct and its strings are
 * valid during the call that receives them. */
typedef struct orpheus_piece {
  size_t index;         /* 0 ... count - 1 */
  size_t count;         /* the number of pieces of the text */
  const char* text;     /* the words that the voice speaks, UTF-8; numbers are written out */
  const char* voice;    /* the voice of the piece */
  size_t text_begin;    /* the piece's range in the request's text, in bytes: begin */
  size_t text_end;      /* end (exclusive) */
  int64_t first_sample; /* index of the piece's first sample in the output; a pause before the
                           piece is part of the piece */
} orpheus_piece;

/* orpheus_next calls this function for each piece, before it returns the piece's first sample. */
typedef void (*orpheus_piece_function)(void* context, const orpheus_piece* piece);

/* How the times of a word were found. */
typedef enum orpheus_word_source {
  ORPHEUS_WORD_ESTIMATE = 0, /* from letters, punctuation and the silences of the sound */
  ORPHEUS_WORD_ATTENTION = 1 /* from the language model's attention to the text */
} orpheus_word_source;

/* When a word is spoken. The struct and its string are valid during the call that receives them. */
typedef struct orpheus_word {
  const char* word;     /* as it is spoken, UTF-8, without punctuation around it */
  size_t piece;         /* orpheus_piece.index */
  size_t text_begin;    /* the range in the request's text, in bytes: of "$5" for "five" and for
                           "dollars" */
  size_t text_end;      /* end (exclusive) */
  int64_t first_sample; /* index in the output */
  int64_t end_sample;   /* end (exclusive) */
  float confidence;     /* 0 ... 1: the chance that first_sample is right within 150 ms */
  orpheus_word_source source;
} orpheus_word;

/* orpheus_next calls this function for each word when its times are known: in the order of the
 * text, after on_piece of its piece, and at the latest when its piece has ended. The samples of
 * the word may have been returned before. */
typedef void (*orpheus_word_function)(void* context, const orpheus_word* word);

typedef struct orpheus_request {
  size_t struct_size;         /* sizeof(orpheus_request) */
  const char* text;           /* UTF-8 */
  const char* voice;          /* a name from orpheus_voice; NULL: the model's first voice */
  const char* language;       /* the language of the text, ISO 639-1; NULL: the voice's language */
  int32_t numbers_as_written; /* 0: numbers, money and dates are written out as words; 1: they reach
                                 the model unchanged */
  int32_t greedy;             /* 1: always take the likeliest token and ignore temperature */
  /* The next five set the sampler. 0 selects the value in the voice's file, or else the default
     given here. If the file sets top_k or min_p, -1 switches it off. */
  float temperature;        /* default 0.6; up to 10 */
  float top_p;              /* default 0.9; up to 1 (off) */
  int32_t top_k;            /* default off */
  float min_p;              /* default off; up to 1 */
  float repetition_penalty; /* default 1.1; 0.1 ... 10; 1 is off */
  uint64_t seed;      /* default 0; the same seed, text and voice give the same sound (for which
                         devices: docs/voices.md) */
  int32_t max_tokens; /* most audio tokens of each piece; default 8192, at least 7; 82 tokens make
                         one second of sound */
  float speed;        /* tempo factor, 0.25 ... 4, default 1; the pitch stays */
  orpheus_piece_function on_piece; /* called for each piece; may be NULL */
  void* context;                   /* passed to on_piece and on_word */
  orpheus_word_function on_word; /* called for each word; may be NULL, and then it costs nothing */
} orpheus_request;

typedef struct orpheus_speaker orpheus_speaker;
typedef struct orpheus_speech orpheus_speech;

/* The version of the library, such as "0.2.0". ORPHEUS_VERSION is the version of the header. */
ORPHEUS_API const char* orpheus_version(void);

typedef enum orpheus_log_level {
  ORPHEUS_LOG_DEBUG = 1,
  ORPHEUS_LOG_INFO = 2,
  ORPHEUS_LOG_WARNING = 3
} orpheus_log_level;

/* Receives one line of the library's log, without a line break. The library calls it from any of
 * its threads, but never twice at the same time. It must not call the library. */
typedef void (*orpheus_log_function)(void* context, orpheus_log_level level, const char* line);

/* Sets the function that receives the log of the whole process. least is the lowest level of the
 * lines that it receives. NULL (the initial state) discards the log. After orpheus_set_log returns,
 * the previous function is no longer called. */
ORPHEUS_API void orpheus_set_log(orpheus_log_function function, void* context,
                                 orpheus_log_level least);

/* Loads a voice. settings may be NULL: all defaults. If it fails, *speaker is NULL; a value out of
 * range fails with ORPHEUS_USAGE. */
ORPHEUS_API orpheus_status orpheus_create(const orpheus_settings* settings,
                                          orpheus_speaker** speaker);
/* Frees a speaker. Its speeches stay usable, and each still needs orpheus_finish. NULL does
 * nothing. */
ORPHEUS_API void orpheus_free(orpheus_speaker* speaker);

/* The name of the voice with this index, counted from 0; NULL after the last voice. The string is
 * valid as long as the speaker. */
ORPHEUS_API const char* orpheus_voice(const orpheus_speaker* speaker, size_t index);

/* Checks the request, starts a thread that speaks it, and returns. The request's strings are
 * copied; context is passed on as it is. An invalid request fails here, with ORPHEUS_USAGE,
 * ORPHEUS_NOT_FOUND, ORPHEUS_LIMIT, or ORPHEUS_UNSUPPORTED (a speed, in a build without FFmpeg). If
 * the call fails, *speech is NULL. */
ORPHEUS_API orpheus_status orpheus_start(orpheus_speaker* speaker, const orpheus_request* request,
                                         orpheus_speech** speech);
/* Waits for the next samples and copies at most capacity of them. *count is their number; 0 is the
 * end of the speech. */
ORPHEUS_API orpheus_status orpheus_next(orpheus_speech* speech, float* samples, size_t capacity,
                                        size_t* count);
/* Cancels a speech; may be called from any thread. A waiting orpheus_next returns
 * ORPHEUS_CANCELLED. A later one may first return samples that are already there. */
ORPHEUS_API void orpheus_cancel(orpheus_speech* speech);
/* Cancels the speech if it has not ended, and frees it. NULL does nothing. */
ORPHEUS_API void orpheus_finish(orpheus_speech* speech);

/* The message of this thread's last failed call: what happened, what was expected and found, and
 * what to do. The string is valid until this thread's next call. */
ORPHEUS_API const char* orpheus_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
