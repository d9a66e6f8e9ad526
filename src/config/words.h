/*
 * The word lists behind the names of config.h, each in the order of its enum
 * and ended by NULL, for the schema. Belongs to the room.
 */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

extern const char *const provider_words[];
extern const char *const format_words[];
extern const char *const account_type_words[];
extern const char *const strategy_words[];

/* -1 when `text` is none of them. */
int word_index(const char *const *words, const char *text);

#endif
