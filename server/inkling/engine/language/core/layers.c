/* The two kinds of layers, over memory that Python owns.
 *
 * A segment file is checked when it is opened, but nothing here relies on that: every number that is read from an
 * array is compared with the bounds of the array that it points into.
 */
#include "layers.h"

#include <stdlib.h>
#include <string.h>

PyTypeObject *segment_type, *scan_type;

int open_ints(Ints *ints, PyObject *array, const char *name) {
    if (PyObject_GetBuffer(array, &ints->view, PyBUF_ND | PyBUF_FORMAT) < 0) return -1;
    const char *format = ints->view.format;
    int is_int32 = format != NULL && (!strcmp(format, "i") || !strcmp(format, "<i") || !strcmp(format, "=i") ||
                                      (sizeof(long) == 4 && !strcmp(format, "l")));
    if (ints->view.itemsize != 4 || ints->view.ndim != 1 || !is_int32) {
        PyBuffer_Release(&ints->view);
        PyErr_Format(PyExc_TypeError, "%s must be a contiguous array of int32", name);
        return -1;
    }
    ints->data = ints->view.buf;
    ints->n = ints->view.len / 4;
    /* Places and token numbers are int32, so longer arrays could not be pointed into. */
    if (ints->n >= INT32_MAX) {
        PyBuffer_Release(&ints->view);
        PyErr_Format(PyExc_ValueError, "%s is too long", name);
        return -1;
    }
    return 0;
}

static void *new_object(PyTypeObject *type) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0); /* All its bytes are zero. */
}

static void free_object(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* ---- Segments ---- */

static void segment_dealloc(PyObject *object) {
    SegmentCore *self = (SegmentCore *)object;
    PyBuffer_Release(&self->tokens.view);
    PyBuffer_Release(&self->order.view);
    PyBuffer_Release(&self->first_place.view);
    PyBuffer_Release(&self->word_start.view);
    PyBuffer_Release(&self->left_out.view);
    PyBuffer_Release(&self->words);
    free_object(object);
}

static PyObject *segment_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"tokens", "order", "first_place", "words", "word_start", "left_out",
                             "most_samples", "most_samples_of_expected", NULL};
    PyObject *tokens, *order, *first_place, *words, *word_start, *left_out;
    int most_samples, most_samples_of_expected;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOOO$ii", names, &tokens, &order, &first_place, &words,
                                     &word_start, &left_out, &most_samples, &most_samples_of_expected)) {
        return NULL;
    }
    if (most_samples < 1 || most_samples_of_expected < 1) {
        PyErr_SetString(PyExc_ValueError, "at least one sample is to be taken");
        return NULL;
    }
    SegmentCore *self = new_object(type);
    if (self == NULL) return NULL;
    if (open_ints(&self->tokens, tokens, "tokens") < 0 || open_ints(&self->order, order, "order") < 0 ||
        open_ints(&self->first_place, first_place, "first_place") < 0 ||
        open_ints(&self->word_start, word_start, "word_start") < 0 ||
        open_ints(&self->left_out, left_out, "left_out") < 0 ||
        PyObject_GetBuffer(words, &self->words, PyBUF_SIMPLE) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->most_samples = most_samples;
    self->most_samples_of_expected = most_samples_of_expected;
    self->n_words = (int32_t)self->word_start.n - 1;
    if (self->n_words < 0 || self->first_place.n != self->word_start.n || self->order.n != self->tokens.n) {
        Py_DECREF(self);
        PyErr_SetString(PyExc_ValueError, "the arrays of the segment do not belong together");
        return NULL;
    }
    return (PyObject *)self;
}

int word_bytes(const SegmentCore *segment, int32_t number, const char **start, Py_ssize_t *n_bytes) {
    if (number >= 0 && number < segment->n_words) {
        int32_t first = segment->word_start.data[number], last = segment->word_start.data[number + 1];
        if (0 <= first && first <= last && last <= segment->words.len) {
            *start = (const char *)segment->words.buf + first;
            *n_bytes = last - first;
            return 0;
        }
    }
    PyErr_SetString(PyExc_ValueError, "the segment holds a token that has no text");
    return -1;
}

int32_t first_word_from(const SegmentCore *segment, const char *wanted, Py_ssize_t n_wanted) {
    int32_t low = 0, high = segment->n_words;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const char *word;
        Py_ssize_t n_word;
        if (word_bytes(segment, middle, &word, &n_word) < 0) return -1;
        int difference = memcmp(word, wanted, (size_t)(n_word < n_wanted ? n_word : n_wanted));
        if (difference < 0 || (difference == 0 && n_word < n_wanted)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int is_kept(const SegmentCore *segment, int32_t place) {
    /* Edges alternate between the beginning and the end of what is left out. */
    Py_ssize_t low = 0, high = segment->left_out.n;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (segment->left_out.data[middle] <= place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low % 2 == 0;
}

static PyType_Slot segment_slots[] = {
    {Py_tp_doc, "A segment's arrays, which are kept alive and never written."},
    {Py_tp_new, segment_new},
    {Py_tp_dealloc, segment_dealloc},
    {0, NULL},
};
static PyType_Spec segment_spec = {
    "inkling.engine.language._core.SegmentCore", sizeof(SegmentCore), 0, Py_TPFLAGS_DEFAULT, segment_slots};

/* ---- Scanned tokens ---- */

static void scan_dealloc(PyObject *object) {
    ScanCore *self = (ScanCore *)object;
    PyBuffer_Release(&self->tokens.view);
    Py_CLEAR(self->numbers);
    Py_CLEAR(self->predicted);
    PyMem_Free(self->first_place);
    PyMem_Free(self->places);
    free_object(object);
}

/* Sorts all places but those in the margin by the token before them, and keeps the order of equal ones. */
static int sort_scan(ScanCore *self) {
    const int32_t *tokens = self->tokens.data;
    Py_ssize_t n = self->tokens.n;
    int32_t *starts = self->first_place = PyMem_Calloc((size_t)self->n_numbers + 2, sizeof(int32_t));
    self->places = PyMem_Malloc((size_t)n * sizeof(int32_t));
    if (starts == NULL || self->places == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t place = LONGEST_CONTEXT + 1; place < n; place++) {
        int32_t before = tokens[place - 1];
        if (before < 0 || before >= self->n_numbers) {
            PyErr_SetString(PyExc_ValueError, "a token has no text");
            return -1;
        }
        /* Two further than its own, so that filling leaves each start in its place. */
        starts[before + 2]++;
    }
    for (int32_t number = 0; number < self->n_numbers; number++) starts[number + 2] += starts[number + 1];
    for (Py_ssize_t place = LONGEST_CONTEXT + 1; place < n; place++) {
        self->places[starts[tokens[place - 1] + 1]++] = (int32_t)place;
    }
    return 0;
}

static PyObject *scan_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"tokens", "numbers", "predicted", "cursor", "most_samples", "half_weight", NULL};
    PyObject *tokens, *numbers, *predicted;
    double cursor, half_weight;
    int most_samples;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!O!d$id", names, &tokens, &PyDict_Type, &numbers, &PyList_Type,
                                     &predicted, &cursor, &most_samples, &half_weight)) {
        return NULL;
    }
    /* With these, every weight is a positive number. */
    if (most_samples < 1 || !(half_weight >= 1.0) || !(cursor < INT32_MAX)) {
        PyErr_SetString(PyExc_ValueError, "the cursor or the distance of half the weight is out of range");
        return NULL;
    }
    ScanCore *self = new_object(type);
    if (self == NULL) return NULL;
    self->numbers = Py_NewRef(numbers);
    self->predicted = Py_NewRef(predicted);
    self->n_numbers = (int32_t)PyList_Size(predicted);
    self->most_samples = most_samples;
    self->cursor = cursor;
    self->half_weight = half_weight;
    if (open_ints(&self->tokens, tokens, "tokens") < 0 || sort_scan(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyType_Slot scan_slots[] = {
    {Py_tp_doc, "Tokens of open files, with their places by the token before them."},
    {Py_tp_new, scan_new},
    {Py_tp_dealloc, scan_dealloc},
    {0, NULL},
};
static PyType_Spec scan_spec = {
    "inkling.engine.language._core.ScanCore", sizeof(ScanCore), 0, Py_TPFLAGS_DEFAULT, scan_slots};

int add_layer_types(PyObject *module) {
    segment_type = (PyTypeObject *)PyType_FromSpec(&segment_spec);
    if (segment_type == NULL || PyModule_AddObjectRef(module, "SegmentCore", (PyObject *)segment_type) < 0) return -1;
    scan_type = (PyTypeObject *)PyType_FromSpec(&scan_spec);
    if (scan_type == NULL || PyModule_AddObjectRef(module, "ScanCore", (PyObject *)scan_type) < 0) return -1;
    return 0;
}
