/* What the search asks a layer: which places agree with a context, and what follows a place. */
#ifndef INKLING_LAYERS_H
#define INKLING_LAYERS_H

/* The limited API of Python 3.11, the first with buffers: one binary serves every later version. */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define LONGEST_CONTEXT 12 /* as in evidence.py */
#define SEPARATOR 0

/* Integers of an array that Python owns, until its view is released. */
typedef struct {
    Py_buffer view;
    const int32_t *data;
    Py_ssize_t n;
} Ints;

int open_ints(Ints *ints, PyObject *array, const char *name);

/* Code on disk; see segment.py for what the arrays hold. Never changes once it is made. */
typedef struct {
    PyObject_HEAD
    Ints tokens, order, first_place, word_start, left_out;
    Py_buffer words;
    int32_t n_words;
    int32_t most_samples, most_samples_of_expected;
} SegmentCore;

/* Code that is scanned; see open_files.py. Never changes once it is made. */
typedef struct {
    PyObject_HEAD
    Ints tokens;
    PyObject *numbers;       /* dict: the number of each token */
    PyObject *predicted;     /* list: the token that each number counts as */
    int32_t *first_place;    /* where in `places` the places behind each token begin; one more at the end */
    int32_t *places;         /* all places, by the token before them, each token's in their order */
    int32_t n_numbers;       /* numbers that `first_place` knows */
    int32_t most_samples;
    double cursor;           /* the place near which places weigh more; negative for none */
    double half_weight;      /* distance in tokens at which a place counts half */
} ScanCore;

extern PyTypeObject *segment_type, *scan_type;
int add_layer_types(PyObject *module);

/* Returns the number of the first word that is not less than the bytes, or -1 with an exception. */
int32_t first_word_from(const SegmentCore *segment, const char *wanted, Py_ssize_t n_bytes);

/* Sets the bytes of a word; -1 with an exception where the segment holds no such word. */
int word_bytes(const SegmentCore *segment, int32_t number, const char **start, Py_ssize_t *n_bytes);

/* Tells whether a place belongs to a file that counts. */
int is_kept(const SegmentCore *segment, int32_t place);

extern PyMethodDef search_methods[];
extern PyMethodDef lexer_methods[];

#endif
