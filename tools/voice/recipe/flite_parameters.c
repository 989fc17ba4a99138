/* Prints the speech parameters of flite's voice rms for each sentence, before the waveform is computed.
 *
 *   flite_parameters [--sound] < SENTENCES > PARAMETERS
 *
 * For each line of the input four int32: frames F, phones P, words W and samples S; then
 *   F frames of 5 ms, each F0 in Hz (0 where unvoiced), 25 mel-cepstra (alpha 0.42), 5 strengths of voicing from 0 to 1,
 *   float32 each;
 *   P phones: 8 bytes of name, int32 end in frames, int32 place of its word among the line's (-1: a pause);
 *   S samples of flite's own sound at 16 kHz, int16; none without --sound.
 * Words are separated by blanks.
 */
#include <flite/flite.h>
#include <flite/cst_cg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cst_voice *register_cmu_us_rms(const char *folder);

enum { kCepstra = 25, kBands = 5, kLongestLine = 4096 };

static void write_whole(const void *from, size_t size, size_t count) {
  if (fwrite(from, size, count, stdout) != count) {
    fprintf(stderr, "flite_parameters: cannot write\n");
    exit(1);
  }
}

static void write_int(int value) { write_whole(&value, sizeof value, 1); }

/* The word of a phone counted from the line's first, or -1. */
static int place_of_word(const cst_item *segment) {
  const cst_item *word = item_parent(item_parent(item_as(segment, "SylStructure")));
  const cst_item *token = word ? item_parent(item_as(word, "Token")) : NULL;
  int place = 0;
  if (!token) return -1;
  while ((token = item_prev(token)) != NULL) ++place;
  return place;
}

static int length_of(const cst_utterance *utterance, const char *relation) {
  const cst_item *item = relation_head(utt_relation(utterance, relation));
  int length = 0;
  for (; item; item = item_next(item)) ++length;
  return length;
}

static void write_utterance(cst_utterance *utterance, int with_sound) {
  cst_cg_db *db = val_cg_db(utt_feat_val(utterance, "cg_db"));
  const cst_track *strengths =
      db->mixed_excitation ? val_track(utt_feat_val(utterance, "str_track")) : NULL;
  cst_track *track = mlpg(val_track(utt_feat_val(utterance, "param_track")), db);
  const cst_wave *wave = utt_wave(utterance);
  write_int(track->num_frames);
  write_int(length_of(utterance, "Segment"));
  write_int(length_of(utterance, "Token"));
  write_int(with_sound ? wave->num_samples : 0);
  for (int frame = 0; frame < track->num_frames; ++frame) {
    float bands[kBands] = {0};
    for (int band = 0; strengths && band < kBands && band < strengths->num_channels; ++band)
      bands[band] = strengths->frames[frame][band];
    write_whole(track->frames[frame], sizeof(float), 1 + kCepstra);
    write_whole(bands, sizeof(float), kBands);
  }
  const cst_item *segment = relation_head(utt_relation(utterance, "Segment"));
  for (; segment; segment = item_next(segment)) {
    char name[8] = {0};
    strncpy(name, item_name(segment), sizeof name - 1);
    write_whole(name, 1, sizeof name);
    write_int((int)(item_feat_float(segment, "end") / db->frame_advance + 0.5F));
    write_int(place_of_word(segment));
  }
  if (with_sound) write_whole(wave->samples, sizeof(short), (size_t)wave->num_samples);
  delete_track(track);
}

/* Stops the computation of a waveform that is not needed. */
static int no_sound(const cst_wave *wave, int start, int size, int last, cst_audio_streaming_info *info) {
  (void)wave, (void)start, (void)size, (void)last, (void)info;
  return CST_AUDIO_STREAM_STOP;
}

int main(int count, char **arguments) {
  const int with_sound = count > 1 && strcmp(arguments[1], "--sound") == 0;
  char line[kLongestLine];
  flite_init();
  cst_voice *voice = register_cmu_us_rms(NULL);
  if (!with_sound) {
    cst_audio_streaming_info *info = new_audio_streaming_info();
    info->min_buffsize = 256;
    info->asc = no_sound;
    feat_set(voice->features, "streaming_info", audio_streaming_info_val(info));
  }
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    cst_utterance *utterance = flite_synth_text(line, voice);
    if (!utterance) {
      fprintf(stderr, "flite_parameters: flite cannot speak '%s'\n", line);
      return 1;
    }
    write_utterance(utterance, with_sound);
    delete_utterance(utterance);
    fflush(stdout);
  }
  return 0;
}
