/* The decoder's functions over compiled layers: the same answers as pure_decoder.py gives, to the last bit.
 *
 * Each call numbers the tokens that it meets ("ids"; each layer has numbers of its own), so that evidence of different
 * layers can be added up without touching text. Everything a call allocates is freed at its end. Sums are made in
 * the order in which the Python code makes them, and of equally likely tokens the one met first comes first.
 */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define END_OF_LINE_ID 0
#define NOT_ASKED (-2) /* whether the layer knows the token */
#define NOT_KNOWN (-1)

/* ---- A map from a layer's numbers to ids ---- */

typedef struct {
    uint32_t *keys; /* one more than the number; 0 where nothing is */
    int32_t *values;
    uint32_t n_slots, n_used; /* slots: a power of two, more than twice what is used */
} Map;

static uint32_t slot_of(const Map *map, int32_t number) {
    uint32_t key = (uint32_t)number + 1;
    uint32_t slot = (key * 2654435769u >> 7) & (map->n_slots - 1);
    while (map->keys[slot] != 0 && map->keys[slot] != key) slot = (slot + 1) & (map->n_slots - 1);
    return slot;
}

static int grow_map(Map *map) {
    Map grown = {.n_slots = map->n_slots ? map->n_slots * 4 : 1024, .n_used = map->n_used};
    grown.keys = PyMem_Calloc(grown.n_slots, sizeof(uint32_t));
    grown.values = PyMem_Malloc(grown.n_slots * sizeof(int32_t));
    if (grown.keys == NULL || grown.values == NULL) {
        PyMem_Free(grown.keys);
        PyMem_Free(grown.values);
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t old = 0; old < map->n_slots; old++) {
        if (map->keys[old] == 0) continue;
        uint32_t slot = slot_of(&grown, (int32_t)(map->keys[old] - 1));
        grown.keys[slot] = map->keys[old];
        grown.values[slot] = map->values[old];
    }
    PyMem_Free(map->keys);
    PyMem_Free(map->values);
    *map = grown;
    return 0;
}

/* ---- What one call knows ---- */

/* Places of one layer that agree in the same tokens; see `Places` in evidence.py. */
typedef struct {
    int depth, n_depths;
    const int32_t *places;
    int32_t n_places;
} Level;

typedef struct {
    PyObject *owner; /* keeps the layer alive */
    const SegmentCore *segment; /* this or `scan` */
    const ScanCore *scan;
    double discount, strength;
    Map id_of_number;
    int32_t *number_of_id;
    int32_t first_expected, last_expected; /* numbers that begin with the expected prefix */
    Level levels[LONGEST_CONTEXT];         /* of the present context, the deepest first */
    int n_levels;
    int32_t *found; /* room for the places of a scanned layer's levels */
    size_t found_room;
} Layer;

typedef struct {
    Layer *layers;
    Py_ssize_t n_layers;
    double least_mass;
    PyObject *expected; /* or NULL */
    int has_prefix;
    PyObject *ids, *texts; /* dict and list: the numbering of this call */
    int32_t n_ids, ids_room;
    /* By id: */
    int8_t *is_accepted; /* by `expected`; -1 where it was not asked */
    double *weight;      /* 0 where nothing was counted */
    double *probability;
    int8_t *is_listed;
    /* Ids in the order in which they were met: */
    int32_t *counted, *listed;
    int32_t n_counted, n_listed;
} Search;

/* Gives the array that `array` is the address of room for `n` items. */
static int grow(void *array, size_t n, size_t size) {
    void *start;
    memcpy(&start, array, sizeof start); /* Whatever the items are, the pointer has the same form. */
    start = PyMem_Realloc(start, n * size);
    if (start == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(array, &start, sizeof start);
    return 0;
}

static int make_room_for_ids(Search *search) {
    size_t room = search->ids_room ? (size_t)search->ids_room * 2 : 1024;
    if (grow(&search->is_accepted, room, 1) < 0 || grow(&search->weight, room, sizeof(double)) < 0 ||
        grow(&search->probability, room, sizeof(double)) < 0 || grow(&search->is_listed, room, 1) < 0 ||
        grow(&search->counted, room, sizeof(int32_t)) < 0 || grow(&search->listed, room, sizeof(int32_t)) < 0) {
        return -1;
    }
    for (Py_ssize_t number = 0; number < search->n_layers; number++) {
        if (grow(&search->layers[number].number_of_id, room, sizeof(int32_t)) < 0) return -1;
    }
    search->ids_room = (int32_t)room;
    return 0;
}

/* Returns the id of a token, a new one where it was not met before; -1 with an exception. */
static int32_t id_of(Search *search, PyObject *text) {
    PyObject *known = PyDict_GetItemWithError(search->ids, text);
    if (known != NULL) return (int32_t)PyLong_AsLong(known);
    if (PyErr_Occurred()) return -1;
    if (search->n_ids == search->ids_room && make_room_for_ids(search) < 0) return -1;
    int32_t id = search->n_ids;
    PyObject *number = PyLong_FromLong(id);
    if (number == NULL) return -1;
    int failed = PyDict_SetItem(search->ids, text, number) < 0 || PyList_Append(search->texts, text) < 0;
    Py_DECREF(number);
    if (failed) return -1;
    search->is_accepted[id] = -1;
    search->weight[id] = search->probability[id] = 0.0;
    search->is_listed[id] = 0;
    for (Py_ssize_t layer = 0; layer < search->n_layers; layer++) {
        search->layers[layer].number_of_id[id] = NOT_ASKED;
    }
    search->n_ids++;
    return id;
}

/* Returns the id that a layer's token counts as; -1 with an exception. */
static int32_t counts_as(Search *search, Layer *layer, int32_t number) {
    Map *map = &layer->id_of_number;
    if (map->n_used * 2 >= map->n_slots && grow_map(map) < 0) return -1;
    uint32_t slot = slot_of(map, number);
    if (map->keys[slot] != 0) return map->values[slot];
    int32_t id;
    if (layer->scan != NULL) {
        PyObject *text = PyList_GetItem(layer->scan->predicted, number);
        if (text == NULL) return -1;
        id = id_of(search, text);
    } else {
        const char *word;
        Py_ssize_t n_bytes;
        if (word_bytes(layer->segment, number, &word, &n_bytes) < 0) return -1;
        if (number == SEPARATOR || (n_bytes > 0 && word[0] == '\n')) {
            id = END_OF_LINE_ID;
        } else {
            PyObject *text = PyUnicode_DecodeUTF8(word, n_bytes, "surrogatepass");
            if (text == NULL) return -1;
            id = id_of(search, text);
            Py_DECREF(text);
        }
    }
    if (id < 0) return -1;
    map->keys[slot] = (uint32_t)number + 1;
    map->values[slot] = id;
    map->n_used++;
    return id;
}

static PyObject *as_bytes(PyObject *text) { return PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"); }

static int32_t ask_number(Search *search, Layer *layer, int32_t id, int *failed) {
    PyObject *text = PyList_GetItem(search->texts, id);
    *failed = 1;
    if (layer->scan != NULL) {
        PyObject *number = PyDict_GetItemWithError(layer->scan->numbers, text);
        if (number == NULL && PyErr_Occurred()) return NOT_KNOWN;
        *failed = 0;
        long found = number == NULL ? NOT_KNOWN : PyLong_AsLong(number);
        /* Tokens that were numbered since the layer was made are in none of its places. */
        return found < layer->scan->n_numbers ? (int32_t)found : NOT_KNOWN;
    }
    PyObject *bytes = as_bytes(text);
    if (bytes == NULL) return NOT_KNOWN;
    char *wanted = PyBytes_AsString(bytes);
    Py_ssize_t n_wanted = PyBytes_Size(bytes);
    int32_t number = first_word_from(layer->segment, wanted, n_wanted);
    if (number >= 0) {
        *failed = 0;
        const char *word;
        Py_ssize_t n_word;
        if (number == layer->segment->n_words) {
            number = NOT_KNOWN;
        } else if (word_bytes(layer->segment, number, &word, &n_word) < 0) {
            *failed = 1;
        } else if (n_word != n_wanted || memcmp(word, wanted, (size_t)n_word) != 0) {
            number = NOT_KNOWN;
        }
    }
    Py_DECREF(bytes);
    return number;
}

/* ---- Places that agree with a context ---- */

static int32_t token_before(const SegmentCore *segment, int32_t index, int depth) {
    int32_t before = segment->order.data[index] - depth;
    return before >= 0 && before < segment->tokens.n ? segment->tokens.data[before] : SEPARATOR;
}

/* Returns the first index of a level, of nested ones, whose token at `depth` is not less than `wanted`. */
static int32_t first_from(const SegmentCore *segment, int32_t low, int32_t high, int depth, int32_t wanted) {
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (token_before(segment, middle, depth) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Returns the end of the run of `wanted` that begins at `low`: most runs are short beside what they are in. */
static int32_t end_of_run(const SegmentCore *segment, int32_t low, int32_t high, int depth, int32_t wanted) {
    int64_t step = 1;
    while (step < high - low && token_before(segment, low + (int32_t)step, depth) <= wanted) {
        low += (int32_t)step;
        step *= 2;
    }
    int32_t end = step < high - low ? low + (int32_t)step : high;
    return first_from(segment, low, end, depth, wanted + 1);
}

/* Narrows to the places of a segment with `wanted` at `depth`; 0 where there are none, -1 with an exception. */
static int narrow_segment(Layer *layer, int depth, int32_t wanted, Level *level) {
    const SegmentCore *segment = layer->segment;
    int32_t low, high;
    if (depth == 1) {
        low = segment->first_place.data[wanted];
        high = segment->first_place.data[wanted + 1];
        if (low < 0 || low > high || high > segment->order.n) {
            PyErr_SetString(PyExc_ValueError, "the segment holds places that are not there");
            return -1;
        }
    } else {
        int32_t first = (int32_t)(level->places - segment->order.data);
        low = first_from(segment, first, first + level->n_places, depth, wanted);
        high = low == first + level->n_places ? low : end_of_run(segment, low, first + level->n_places, depth, wanted);
    }
    level->places = segment->order.data + low;
    level->n_places = high - low;
    return high > low;
}

static int narrow_scan(Layer *layer, int depth, int32_t wanted, Level *level, size_t *n_found) {
    const ScanCore *scan = layer->scan;
    if (depth == 1) {
        level->places = scan->places + scan->first_place[wanted];
        level->n_places = scan->first_place[wanted + 1] - scan->first_place[wanted];
        /* No deeper level has more places than this one. */
        size_t room = (size_t)level->n_places * (LONGEST_CONTEXT - 1);
        if (room > layer->found_room) {
            if (grow(&layer->found, room, sizeof(int32_t)) < 0) return -1;
            layer->found_room = room;
        }
        return level->n_places > 0;
    }
    int32_t *kept = layer->found + *n_found;
    int32_t n_kept = 0;
    for (int32_t index = 0; index < level->n_places; index++) {
        int32_t place = level->places[index];
        if (scan->tokens.data[place - depth] == wanted) kept[n_kept++] = place;
    }
    if (n_kept == level->n_places) return 1; /* They stay the same. */
    level->places = kept;
    level->n_places = n_kept;
    *n_found += (size_t)n_kept;
    return n_kept > 0;
}

/* Finds the levels of a layer for a context of ids. */
static int find_levels(Search *search, Layer *layer, const int32_t *context, Py_ssize_t n_context) {
    Level nested[LONGEST_CONTEXT];
    Level level = {0};
    size_t n_found = 0;
    int n_nested = 0;
    for (int depth = 1; depth <= LONGEST_CONTEXT && depth <= n_context; depth++) {
        int32_t id = context[n_context - depth];
        int32_t wanted = layer->number_of_id[id];
        if (wanted == NOT_ASKED) {
            int failed;
            wanted = ask_number(search, layer, id, &failed);
            if (failed) return -1;
            layer->number_of_id[id] = wanted;
        }
        if (wanted == NOT_KNOWN) break;
        int32_t n_before = level.n_places;
        int found = layer->segment != NULL ? narrow_segment(layer, depth, wanted, &level)
                                           : narrow_scan(layer, depth, wanted, &level, &n_found);
        if (found < 0) return -1;
        if (found == 0) break;
        /* A level within a level of the same size is the same. */
        if (depth > 1 && level.n_places == n_before) {
            nested[n_nested - 1].depth = depth;
            nested[n_nested - 1].n_depths++;
        } else {
            level.depth = depth;
            level.n_depths = 1;
            nested[n_nested++] = level;
        }
    }
    for (int number = 0; number < n_nested; number++) layer->levels[number] = nested[n_nested - 1 - number];
    layer->n_levels = n_nested;
    return 0;
}

/* ---- What follows the places ---- */

static int add_weight(Search *search, Layer *layer, int32_t number, double weight) {
    int32_t id = counts_as(search, layer, number);
    if (id < 0) return -1;
    if (search->weight[id] == 0.0) search->counted[search->n_counted++] = id;
    search->weight[id] += weight;
    return 0;
}

/* Counts every `step`th place; returns how many were kept before looking at the token, or -1 with an exception. */
static int32_t count_sampled(Search *search, Layer *layer, const Level *level, int32_t step, int32_t most,
                             int is_limited) {
    const SegmentCore *segment = layer->segment;
    int32_t n_kept = 0;
    for (int64_t index = 0; index < level->n_places && n_kept < most; index += step) {
        int32_t place = level->places[index];
        if (place < 0 || place >= segment->tokens.n) {
            PyErr_SetString(PyExc_ValueError, "the segment holds places that are not there");
            return -1;
        }
        if (segment->left_out.n && !is_kept(segment, place)) continue;
        n_kept++;
        int32_t number = segment->tokens.data[place];
        if (is_limited && (number < layer->first_expected || number >= layer->last_expected)) continue;
        if (add_weight(search, layer, number, step) < 0) return -1;
    }
    return n_kept;
}

static int count_segment(Search *search, Layer *layer, const Level *level, int is_expected) {
    const SegmentCore *segment = layer->segment;
    int32_t most = is_expected ? segment->most_samples_of_expected : segment->most_samples;
    int32_t step = level->n_places / most > 1 ? level->n_places / most : 1;
    int is_limited = is_expected && search->has_prefix;
    int32_t n_kept = count_sampled(search, layer, level, step, INT32_MAX, is_limited);
    if (n_kept == 0 && step > 1) n_kept = count_sampled(search, layer, level, 1, most, is_limited);
    return n_kept < 0 ? -1 : 0;
}

/* Narrows a level to the `most` places around the cursor. */
static void take_nearest(const ScanCore *scan, const Level *level, int32_t most, int32_t *first, int32_t *last) {
    *first = 0;
    *last = level->n_places;
    if (level->n_places <= most) return;
    double cursor = scan->cursor < 0 ? (double)scan->tokens.n : scan->cursor;
    int32_t low = 0, high = level->n_places;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (level->places[middle] < cursor) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *first = low - most / 2;
    if (*first > level->n_places - most) *first = level->n_places - most;
    if (*first < 0) *first = 0;
    *last = *first + most;
}

static int count_scan(Search *search, Layer *layer, const Level *level, int is_expected) {
    const ScanCore *scan = layer->scan;
    int32_t first = 0, last = level->n_places;
    if (!is_expected) take_nearest(scan, level, scan->most_samples, &first, &last);
    for (int32_t index = first; index < last; index++) {
        int32_t place = level->places[index];
        double weight = scan->cursor < 0 ? 1.0 : 1.0 / (1.0 + fabs(place - scan->cursor) / scan->half_weight);
        if (add_weight(search, layer, scan->tokens.data[place], weight) < 0) return -1;
    }
    return 0;
}

/* Tells whether `expected` accepts a token; -1 with an exception. */
static int accepts(Search *search, int32_t id) {
    if (search->is_accepted[id] < 0) {
        PyObject *text = PyList_GetItem(search->texts, id);
        PyObject *answer = PyObject_CallMethod(search->expected, "accepts", "O", text);
        int is_accepted = answer == NULL ? -1 : PyObject_IsTrue(answer);
        Py_XDECREF(answer);
        if (is_accepted < 0) return -1;
        search->is_accepted[id] = (int8_t)is_accepted;
    }
    return search->is_accepted[id];
}

/* Leaves only the tokens that `expected` accepts. */
static int keep_accepted(Search *search) {
    int32_t n_kept = 0;
    for (int32_t index = 0; index < search->n_counted; index++) {
        int32_t id = search->counted[index];
        int is_accepted = accepts(search, id);
        if (is_accepted < 0) return -1;
        if (is_accepted) {
            search->counted[n_kept++] = id;
        } else {
            search->weight[id] = 0.0;
        }
    }
    search->n_counted = n_kept;
    return 0;
}

static void forget_counts(Search *search) {
    for (int32_t index = 0; index < search->n_counted; index++) search->weight[search->counted[index]] = 0.0;
    search->n_counted = 0;
}

/* Counts what follows a level, afresh. */
static int count(Search *search, Layer *layer, const Level *level, int is_expected) {
    forget_counts(search);
    int failed = layer->segment != NULL ? count_segment(search, layer, level, is_expected)
                                        : count_scan(search, layer, level, is_expected);
    return failed < 0 || (is_expected && keep_accepted(search) < 0) ? -1 : 0;
}

/* Adds what a level says; `mass` is the probability that deeper ones left. See `next_tokens` in pure_decoder.py. */
static int blend(Search *search, Layer *layer, const Level *level, int is_expected, double *mass) {
    if (count(search, layer, level, is_expected) < 0) return -1;
    double total = 0.0, total_kept = 0.0;
    for (int32_t index = 0; index < search->n_counted; index++) {
        double *weight = &search->weight[search->counted[index]];
        total += *weight;
        *weight -= layer->discount * (*weight < 1.0 ? *weight : 1.0);
        total_kept += *weight;
    }
    if (!(total_kept > 0.0)) return 0;
    double left = pow((total - total_kept + layer->strength) / (total + layer->strength), level->n_depths);
    double share = *mass * (1.0 - left) / total_kept;
    for (int32_t index = 0; index < search->n_counted; index++) {
        int32_t id = search->counted[index];
        if (!search->is_listed[id]) {
            search->is_listed[id] = 1;
            search->listed[search->n_listed++] = id;
        }
        search->probability[id] += share * search->weight[id];
    }
    *mass *= left;
    return 0;
}

/* Makes `probability` and `listed` those of the tokens after a context of ids. */
static int predict_next(Search *search, const int32_t *context, Py_ssize_t n_context, int is_expected) {
    for (int32_t index = 0; index < search->n_listed; index++) {
        search->probability[search->listed[index]] = 0.0;
        search->is_listed[search->listed[index]] = 0;
    }
    search->n_listed = 0;
    int deepest = 0;
    for (Py_ssize_t number = 0; number < search->n_layers; number++) {
        Layer *layer = &search->layers[number];
        if (find_levels(search, layer, context, n_context) < 0) return -1;
        if (layer->n_levels && layer->levels[0].depth > deepest) deepest = layer->levels[0].depth;
    }
    double mass = 1.0;
    for (int depth = deepest; depth > 0; depth--) {
        for (Py_ssize_t number = 0; number < search->n_layers; number++) {
            Layer *layer = &search->layers[number];
            for (int level = 0; level < layer->n_levels; level++) {
                if (layer->levels[level].depth != depth) continue;
                if (blend(search, layer, &layer->levels[level], is_expected, &mass) < 0) return -1;
                if (mass < search->least_mass) return 0;
            }
        }
    }
    return 0;
}

/* ---- Between Python and a call ---- */

static void close_search(Search *search) {
    for (Py_ssize_t number = 0; search->layers != NULL && number < search->n_layers; number++) {
        Layer *layer = &search->layers[number];
        Py_XDECREF(layer->owner);
        PyMem_Free(layer->id_of_number.keys);
        PyMem_Free(layer->id_of_number.values);
        PyMem_Free(layer->number_of_id);
        PyMem_Free(layer->found);
    }
    PyMem_Free(search->layers);
    PyMem_Free(search->is_accepted);
    PyMem_Free(search->weight);
    PyMem_Free(search->probability);
    PyMem_Free(search->is_listed);
    PyMem_Free(search->counted);
    PyMem_Free(search->listed);
    Py_XDECREF(search->expected);
    Py_XDECREF(search->ids);
    Py_XDECREF(search->texts);
}

static int open_layer(Layer *layer, PyObject *weighted) {
    PyObject *core;
    if (!PyArg_ParseTuple(weighted, "Odd", &core, &layer->discount, &layer->strength)) return -1;
    if (Py_TYPE(core) == segment_type) {
        layer->segment = (SegmentCore *)core;
    } else if (Py_TYPE(core) == scan_type) {
        layer->scan = (ScanCore *)core;
    } else {
        PyErr_SetString(PyExc_TypeError, "a layer is a SegmentCore or a ScanCore");
        return -1;
    }
    layer->owner = Py_NewRef(core);
    return 0;
}

/* Finds the numbers that begin with the expected prefix, in every segment. */
static int expect(Search *search, PyObject *expected) {
    if (expected == Py_None) return 0;
    search->expected = Py_NewRef(expected);
    PyObject *prefix = PyObject_GetAttrString(expected, "prefix");
    PyObject *bytes = prefix == NULL ? NULL : as_bytes(prefix);
    Py_XDECREF(prefix);
    if (bytes == NULL) return -1;
    Py_ssize_t n_bytes = PyBytes_Size(bytes);
    /* No UTF-8 text contains the byte 0xff, so with it behind the prefix comes what is behind all that begin so. */
    char *bounds = PyMem_Malloc((size_t)n_bytes + 1);
    int failed = bounds == NULL;
    if (failed) {
        PyErr_NoMemory();
    } else {
        memcpy(bounds, PyBytes_AsString(bytes), (size_t)n_bytes);
        bounds[n_bytes] = (char)0xff;
        search->has_prefix = n_bytes > 0;
    }
    for (Py_ssize_t number = 0; number < search->n_layers && !failed; number++) {
        Layer *layer = &search->layers[number];
        if (layer->segment == NULL) continue;
        layer->first_expected = first_word_from(layer->segment, bounds, n_bytes);
        layer->last_expected = first_word_from(layer->segment, bounds, n_bytes + 1);
        failed = layer->first_expected < 0 || layer->last_expected < 0;
    }
    PyMem_Free(bounds);
    Py_DECREF(bytes);
    return failed ? -1 : 0;
}

/* Returns the ids of tokens, to be freed with `PyMem_Free`; NULL with an exception. */
static int32_t *ids_of(Search *search, PyObject *tokens, Py_ssize_t *n_tokens) {
    PyObject *sequence = PySequence_Tuple(tokens);
    if (sequence == NULL) return NULL;
    *n_tokens = PyTuple_Size(sequence);
    int32_t *ids = PyMem_Malloc((size_t)(*n_tokens + 1) * sizeof(int32_t));
    if (ids == NULL) PyErr_NoMemory();
    for (Py_ssize_t place = 0; ids != NULL && place < *n_tokens; place++) {
        PyObject *text = PyTuple_GetItem(sequence, place);
        if (!PyUnicode_Check(text)) PyErr_SetString(PyExc_TypeError, "a token is a str");
        ids[place] = PyUnicode_Check(text) ? id_of(search, text) : -1;
        if (ids[place] < 0) {
            PyMem_Free(ids);
            ids = NULL;
        }
    }
    Py_DECREF(sequence);
    return ids;
}

/* Takes `[(core, discount, strength), …]`; whatever it returns, `close_search` frees what there is. */
static int open_search(Search *search, PyObject *layers, PyObject *expected, double least_mass) {
    *search = (Search){.least_mass = least_mass};
    search->ids = PyDict_New();
    search->texts = PyList_New(0);
    if (search->ids == NULL || search->texts == NULL) return -1;
    Py_ssize_t n_layers = PyList_Size(layers);
    search->layers = PyMem_Calloc((size_t)n_layers + 1, sizeof(Layer));
    if (search->layers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    search->n_layers = n_layers;
    for (Py_ssize_t number = 0; number < n_layers; number++) {
        if (open_layer(&search->layers[number], PyList_GetItem(layers, number)) < 0) return -1;
    }
    PyObject *end_of_line = PyUnicode_FromString("\n");
    int32_t id = end_of_line == NULL ? -1 : id_of(search, end_of_line);
    Py_XDECREF(end_of_line);
    return id != END_OF_LINE_ID || expect(search, expected) < 0 ? -1 : 0;
}

static PyObject *text_of(Search *search, int32_t id) { return Py_XNewRef(PyList_GetItem(search->texts, id)); }

PyDoc_STRVAR(next_tokens_doc, "next_tokens(layers, context, expected, least_mass) -> {token: probability}");

static PyObject *next_tokens(PyObject *module, PyObject *args) {
    PyObject *layers, *tokens, *expected;
    double least_mass;
    if (!PyArg_ParseTuple(args, "O!OOd", &PyList_Type, &layers, &tokens, &expected, &least_mass)) return NULL;
    Search search;
    int32_t *context = NULL;
    Py_ssize_t n_context;
    PyObject *probabilities = NULL;
    if (open_search(&search, layers, expected, least_mass) == 0 &&
        (context = ids_of(&search, tokens, &n_context)) != NULL &&
        predict_next(&search, context, n_context, search.expected != NULL) == 0 &&
        (probabilities = PyDict_New()) != NULL) {
        for (int32_t index = 0; index < search.n_listed; index++) {
            int32_t id = search.listed[index];
            PyObject *probability = PyFloat_FromDouble(search.probability[id]);
            if (probability == NULL ||
                PyDict_SetItem(probabilities, PyList_GetItem(search.texts, id), probability) < 0) {
                Py_CLEAR(probabilities);
            }
            Py_XDECREF(probability);
            if (probabilities == NULL) break;
        }
    }
    PyMem_Free(context);
    close_search(&search);
    return probabilities;
}

/* ---- The likeliest lines ---- */

/* A line begun: the one before it, and one token more. */
typedef struct {
    double cost, logprob;
    int32_t before, token, n_tokens;
} Begun;

typedef struct {
    Begun *begun; /* in the order in which they were pushed; the first is empty */
    int32_t n_begun, begun_room;
    int32_t *heap; /* indexes of `begun`, the least cost first, of equal ones the one that was pushed first */
    int32_t n_heap;
    int32_t *context; /* the given tokens, with room for a line behind them */
    Py_ssize_t n_context;
} Lines;

static int comes_first(const Lines *lines, int32_t one, int32_t other) {
    double difference = lines->begun[one].cost - lines->begun[other].cost;
    return difference < 0 || (difference == 0 && one < other);
}

static int push(Lines *lines, Begun begun) {
    if (lines->n_begun == lines->begun_room) {
        size_t room = lines->begun_room ? (size_t)lines->begun_room * 2 : 256;
        if (grow(&lines->begun, room, sizeof(Begun)) < 0 || grow(&lines->heap, room, sizeof(int32_t)) < 0) return -1;
        lines->begun_room = (int32_t)room;
    }
    lines->begun[lines->n_begun] = begun;
    int32_t hole = lines->n_heap++;
    while (hole > 0 && comes_first(lines, lines->n_begun, lines->heap[(hole - 1) / 2])) {
        lines->heap[hole] = lines->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    lines->heap[hole] = lines->n_begun++;
    return 0;
}

static int32_t pop(Lines *lines) {
    int32_t first = lines->heap[0], moved = lines->heap[--lines->n_heap];
    int32_t hole = 0;
    for (;;) {
        int32_t child = 2 * hole + 1;
        if (child >= lines->n_heap) break;
        if (child + 1 < lines->n_heap && comes_first(lines, lines->heap[child + 1], lines->heap[child])) child++;
        if (!comes_first(lines, lines->heap[child], moved)) break;
        lines->heap[hole] = lines->heap[child];
        hole = child;
    }
    lines->heap[hole] = moved;
    return first;
}

/* Moves the likeliest of the listed tokens to the front, of equally likely ones the one that was met first. */
static int32_t likeliest(Search *search, int32_t most) {
    int32_t n_front = most < search->n_listed ? most : search->n_listed;
    for (int32_t front = 0; front < n_front; front++) {
        int32_t best = front;
        for (int32_t index = front + 1; index < search->n_listed; index++) {
            if (search->probability[search->listed[index]] > search->probability[search->listed[best]]) best = index;
        }
        int32_t id = search->listed[best];
        /* Moved and not swapped, so that the order of the others stays. */
        memmove(&search->listed[front + 1], &search->listed[front], (size_t)(best - front) * sizeof(int32_t));
        search->listed[front] = id;
    }
    return n_front;
}

typedef struct {
    int most_steps, most_tokens, most_children, most_finished;
    double least_probability;
    int32_t never_written; /* the id of a token that no line holds */
} Limits;

/* Makes the tokens of a line those behind the context; returns how many there are in all. */
static Py_ssize_t write_behind_context(const Lines *lines, int32_t line) {
    Py_ssize_t n_tokens = lines->begun[line].n_tokens;
    Py_ssize_t place = lines->n_context + n_tokens;
    for (; line != 0; line = lines->begun[line].before) lines->context[--place] = lines->begun[line].token;
    return lines->n_context + n_tokens;
}

/* Returns `(tokens, logprob, token_logprobs)`, the line break left out of the tokens only. */
static PyObject *as_line(Search *search, const Lines *lines, int32_t line) {
    int32_t n_tokens = lines->begun[line].n_tokens;
    PyObject *tokens = PyTuple_New(n_tokens - 1), *logprobs = PyTuple_New(n_tokens);
    PyObject *logprob = PyFloat_FromDouble(-lines->begun[line].cost);
    int failed = tokens == NULL || logprobs == NULL || logprob == NULL;
    for (int32_t place = n_tokens - 1; place >= 0 && !failed; place--, line = lines->begun[line].before) {
        PyObject *one = PyFloat_FromDouble(lines->begun[line].logprob);
        failed = one == NULL || PyTuple_SetItem(logprobs, place, one) < 0;
        if (!failed && place < n_tokens - 1) {
            PyObject *text = text_of(search, lines->begun[line].token);
            failed = text == NULL || PyTuple_SetItem(tokens, place, text) < 0;
        }
    }
    PyObject *result = failed ? NULL : PyTuple_Pack(3, tokens, logprob, logprobs);
    Py_XDECREF(tokens);
    Py_XDECREF(logprobs);
    Py_XDECREF(logprob);
    return result;
}

/* Returns 1 where nobody waits any more, -1 with an exception. Other threads may run meanwhile. */
static int ask_cancelled(PyObject *is_cancelled) {
    PyObject *answer = PyObject_CallNoArgs(is_cancelled);
    int is_true = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    return is_true;
}

static int search_lines(Search *search, Lines *lines, const Limits *limits, PyObject *is_cancelled,
                        PyObject *finished) {
    if (push(lines, (Begun){0}) < 0) return -1;
    int n_steps = 0;
    while (lines->n_heap && PyList_Size(finished) < limits->most_finished) {
        int cancelled = ask_cancelled(is_cancelled);
        if (cancelled) return cancelled < 0 ? -1 : 0;
        int32_t line = pop(lines);
        Begun begun = lines->begun[line];
        if (begun.n_tokens && begun.token == END_OF_LINE_ID) {
            PyObject *done = as_line(search, lines, line);
            int failed = done == NULL || PyList_Append(finished, done) < 0;
            Py_XDECREF(done);
            if (failed) return -1;
            continue;
        }
        if (begun.n_tokens >= limits->most_tokens) continue;
        if (n_steps >= limits->most_steps && PyList_Size(finished)) return 0;
        n_steps++;
        Py_ssize_t n_context = write_behind_context(lines, line);
        int is_expected = begun.n_tokens == 0 && search->expected != NULL;
        if (predict_next(search, lines->context, n_context, is_expected) < 0) return -1;
        int32_t n_children = likeliest(search, n_steps > limits->most_steps ? 1 : limits->most_children);
        if (n_steps > limits->most_steps) lines->n_heap = 0;
        for (int32_t child = 0; child < n_children; child++) {
            int32_t token = search->listed[child];
            double probability = search->probability[token];
            if (probability < limits->least_probability || token == limits->never_written) continue;
            double logprob = log(probability < 1.0 ? probability : 1.0);
            Begun next = {begun.cost - logprob, logprob, line, token, begun.n_tokens + 1};
            if (push(lines, next) < 0) return -1;
        }
    }
    return 0;
}

/* Returns for each layer in how many tokens the places agree that have something to say. */
static PyObject *depths_of(Search *search, const int32_t *context, Py_ssize_t n_context) {
    PyObject *depths = PyTuple_New(search->n_layers);
    for (Py_ssize_t number = 0; depths != NULL && number < search->n_layers; number++) {
        Layer *layer = &search->layers[number];
        int depth = 0;
        int failed = find_levels(search, layer, context, n_context) < 0;
        for (int level = 0; level < layer->n_levels && !depth && !failed; level++) {
            failed = count(search, layer, &layer->levels[level], search->expected != NULL) < 0;
            if (!failed && search->n_counted) depth = layer->levels[level].depth;
        }
        PyObject *found = failed ? NULL : PyLong_FromLong(depth);
        if (found == NULL || PyTuple_SetItem(depths, number, found) < 0) Py_CLEAR(depths);
    }
    return depths;
}

PyDoc_STRVAR(predict_lines_doc,
             "predict_lines(layers, context, expected, least_mass, is_cancelled, (most_steps, most_tokens, most_children,\n"
             "most_finished, least_probability, never_written)) -> ([(tokens, logprob, token_logprobs), ...], depths)");

static PyObject *predict_lines(PyObject *module, PyObject *args) {
    PyObject *layers, *tokens, *expected, *is_cancelled, *never_written;
    double least_mass;
    Limits limits;
    if (!PyArg_ParseTuple(args, "O!OOdO(iiiidU)", &PyList_Type, &layers, &tokens, &expected, &least_mass,
                          &is_cancelled, &limits.most_steps, &limits.most_tokens, &limits.most_children,
                          &limits.most_finished, &limits.least_probability, &never_written)) {
        return NULL;
    }
    if (limits.most_tokens < 1 || limits.most_tokens > 10000) {
        PyErr_SetString(PyExc_ValueError, "a line has between one token and ten thousand");
        return NULL;
    }
    Search search;
    Lines lines = {0};
    PyObject *finished = NULL, *depths = NULL, *result = NULL;
    if (open_search(&search, layers, expected, least_mass) == 0 &&
        (limits.never_written = id_of(&search, never_written)) >= 0 &&
        (lines.context = ids_of(&search, tokens, &lines.n_context)) != NULL &&
        grow(&lines.context, (size_t)lines.n_context + (size_t)limits.most_tokens + 1, sizeof(int32_t)) == 0 &&
        (finished = PyList_New(0)) != NULL &&
        (depths = depths_of(&search, lines.context, lines.n_context)) != NULL &&
        search_lines(&search, &lines, &limits, is_cancelled, finished) == 0) {
        result = PyTuple_Pack(2, finished, depths);
    }
    Py_XDECREF(finished);
    Py_XDECREF(depths);
    PyMem_Free(lines.context);
    PyMem_Free(lines.begun);
    PyMem_Free(lines.heap);
    close_search(&search);
    return result;
}

/* ---- Scores of given lines ---- */

typedef struct {
    int32_t *tokens; /* the ids */
    Py_ssize_t n_tokens;
    double *logprobs;
} Given;

static int compare_given(const void *one, const void *other) {
    const Given *a = *(Given *const *)one, *b = *(Given *const *)other;
    for (Py_ssize_t place = 0; place < a->n_tokens && place < b->n_tokens; place++) {
        if (a->tokens[place] != b->tokens[place]) return a->tokens[place] < b->tokens[place] ? -1 : 1;
    }
    return a->n_tokens < b->n_tokens ? -1 : a->n_tokens > b->n_tokens;
}

/* Scores sorted lines from `place` on, before which all have the same tokens; these are already behind the context. */
static int score_from(Search *search, Given **lines, Py_ssize_t n_lines, Py_ssize_t place, int32_t *context,
                      Py_ssize_t n_context, double floor) {
    for (;;) {
        while (n_lines && lines[0]->n_tokens == place) lines++, n_lines--;
        if (!n_lines) return 0;
        if (predict_next(search, context, n_context, place == 0 && search->expected != NULL) < 0) return -1;
        for (Py_ssize_t number = 0; number < n_lines; number++) {
            double probability = search->probability[lines[number]->tokens[place]];
            double logprob = probability > 0.0 ? log(probability < 1.0 ? probability : 1.0) : floor;
            lines[number]->logprobs[place] = logprob > floor ? logprob : floor;
        }
        /* Each group that goes on with another token is scored by itself; the last one by the next round of the loop,
         * so that a long line costs no stack. */
        for (;;) {
            Py_ssize_t n_same = 1;
            while (n_same < n_lines && lines[n_same]->tokens[place] == lines[0]->tokens[place]) n_same++;
            context[n_context] = lines[0]->tokens[place];
            if (n_same == n_lines) break;
            if (score_from(search, lines, n_same, place + 1, context, n_context + 1, floor) < 0) return -1;
            lines += n_same;
            n_lines -= n_same;
        }
        place++;
        n_context++;
    }
}

static PyObject *as_scores(const Given *given, Py_ssize_t n_given) {
    PyObject *scores = PyList_New(n_given);
    for (Py_ssize_t number = 0; scores != NULL && number < n_given; number++) {
        PyObject *logprobs = PyTuple_New(given[number].n_tokens);
        for (Py_ssize_t place = 0; logprobs != NULL && place < given[number].n_tokens; place++) {
            PyObject *logprob = PyFloat_FromDouble(given[number].logprobs[place]);
            if (logprob == NULL || PyTuple_SetItem(logprobs, place, logprob) < 0) Py_CLEAR(logprobs);
        }
        if (logprobs == NULL || PyList_SetItem(scores, number, logprobs) < 0) Py_CLEAR(scores);
    }
    return scores;
}

PyDoc_STRVAR(score_lines_doc,
             "score_lines(layers, context, expected, least_mass, lines, floor) -> [token_logprobs, ...]");

static PyObject *score_lines(PyObject *module, PyObject *args) {
    PyObject *layers, *tokens, *expected, *lines;
    double least_mass, floor;
    if (!PyArg_ParseTuple(args, "O!OOdO!d", &PyList_Type, &layers, &tokens, &expected, &least_mass, &PyList_Type,
                          &lines, &floor)) {
        return NULL;
    }
    Search search;
    Py_ssize_t n_context, n_given = PyList_Size(lines), longest = 0;
    int32_t *context = NULL;
    PyObject *scores = NULL;
    Given *given = PyMem_Calloc((size_t)n_given + 1, sizeof(Given));
    Given **sorted = PyMem_Calloc((size_t)n_given + 1, sizeof(Given *));
    int failed = given == NULL || sorted == NULL;
    if (failed) PyErr_NoMemory();
    failed = open_search(&search, layers, expected, least_mass) < 0 || failed;
    for (Py_ssize_t number = 0; number < n_given && !failed; number++) {
        Given *one = sorted[number] = &given[number];
        one->tokens = ids_of(&search, PyList_GetItem(lines, number), &one->n_tokens);
        failed = one->tokens == NULL || grow(&one->logprobs, (size_t)one->n_tokens + 1, sizeof(double)) < 0;
        if (one->n_tokens > longest) longest = one->n_tokens;
    }
    if (!failed && (context = ids_of(&search, tokens, &n_context)) != NULL &&
        grow(&context, (size_t)(n_context + longest + 1), sizeof(int32_t)) == 0) {
        qsort(sorted, (size_t)n_given, sizeof(Given *), compare_given);
        if (score_from(&search, sorted, n_given, 0, context, n_context, floor) == 0) scores = as_scores(given, n_given);
    }
    for (Py_ssize_t number = 0; given != NULL && number < n_given; number++) {
        PyMem_Free(given[number].tokens);
        PyMem_Free(given[number].logprobs);
    }
    PyMem_Free(given);
    PyMem_Free(sorted);
    PyMem_Free(context);
    close_search(&search);
    return scores;
}

/* ---- The lines that followed the longest agreeing contexts ---- */

typedef struct {
    int most, most_compared, most_tokens, longest;
    int32_t never_written; /* the id of a token that no line holds */
} MatchLimits;

static int32_t token_at(const Layer *layer, int64_t place) {
    const Ints *tokens = layer->segment != NULL ? &layer->segment->tokens : &layer->scan->tokens;
    return place >= 0 && place < tokens->n ? tokens->data[place] : SEPARATOR;
}

/* Returns the tokens from a place up to the line break, as `line_at` does in Python; None where they are no line. */
static PyObject *line_at(Search *search, Layer *layer, int32_t place, const MatchLimits *limits) {
    PyObject *line = PyList_New(0);
    for (int32_t n_tokens = 0; line != NULL; n_tokens++) {
        int32_t id = counts_as(search, layer, token_at(layer, (int64_t)place + n_tokens));
        if (id == END_OF_LINE_ID && n_tokens > 0) break;
        if (id >= 0 && (id == END_OF_LINE_ID || id == limits->never_written || n_tokens == limits->most_tokens)) {
            Py_DECREF(line);
            return Py_NewRef(Py_None);
        }
        if (id < 0 || PyList_Append(line, PyList_GetItem(search->texts, id)) < 0) Py_CLEAR(line);
    }
    PyObject *tokens = line == NULL ? NULL : PyList_AsTuple(line);
    Py_XDECREF(line);
    return tokens;
}

/* Adds the line at a place to `longest`, a dict of lines and how many tokens before them agree. */
static int add_match(Search *search, Layer *layer, int32_t place, const int32_t *context, Py_ssize_t n_context,
                     const MatchLimits *limits, PyObject *longest) {
    int n_agreeing = 0;
    while (n_agreeing < limits->longest && n_agreeing < n_context && n_agreeing < place &&
           token_at(layer, (int64_t)place - 1 - n_agreeing) ==
               layer->number_of_id[context[n_context - 1 - n_agreeing]]) {
        n_agreeing++;
    }
    PyObject *line = line_at(search, layer, place, limits);
    if (line == NULL) return -1;
    int failed = 0;
    if (line != Py_None) {
        PyObject *before = PyDict_GetItemWithError(longest, line);
        failed = before == NULL && PyErr_Occurred();
        if (!failed && (before == NULL || PyLong_AsLong(before) < n_agreeing)) {
            PyObject *number = PyLong_FromLong(n_agreeing);
            failed = number == NULL || PyDict_SetItem(longest, line, number) < 0;
            Py_XDECREF(number);
        }
    }
    Py_DECREF(line);
    return failed ? -1 : 0;
}

/* Tells whether a line may begin with what stands at a place; -1 with an exception. */
static int begins_as_expected(Search *search, Layer *layer, int32_t place) {
    if (search->expected == NULL) return 1;
    int32_t id = counts_as(search, layer, token_at(layer, place));
    return id < 0 ? -1 : accepts(search, id);
}

static PyObject *match_layer(Search *search, Layer *layer, const int32_t *context, Py_ssize_t n_context,
                             const MatchLimits *limits) {
    if (find_levels(search, layer, context, n_context) < 0) return NULL;
    for (Py_ssize_t place = n_context > limits->longest ? n_context - limits->longest : 0; place < n_context; place++) {
        int failed = 0;
        int32_t *number = &layer->number_of_id[context[place]];
        if (*number == NOT_ASKED) *number = ask_number(search, layer, context[place], &failed);
        if (failed) return NULL;
    }
    PyObject *longest = PyDict_New();
    for (int number = 0; number < layer->n_levels && longest != NULL; number++) {
        const Level *level = &layer->levels[number];
        int32_t first = 0, last = level->n_places, step = 1;
        if (layer->segment != NULL) {
            step = (int32_t)(((int64_t)last + limits->most_compared - 1) / limits->most_compared);
        } else {
            take_nearest(layer->scan, level, limits->most_compared, &first, &last);
        }
        for (int64_t index = first; index < last && longest != NULL; index += step) {
            int32_t place = level->places[index];
            if (layer->segment != NULL && !is_kept(layer->segment, place)) continue;
            int is_expected = begins_as_expected(search, layer, place);
            if (is_expected < 0 ||
                (is_expected && add_match(search, layer, place, context, n_context, limits, longest) < 0)) {
                Py_CLEAR(longest);
            }
        }
        if (longest != NULL && PyDict_Size(longest) >= limits->most) break;
    }
    return longest;
}

PyDoc_STRVAR(matched_lines_doc,
             "matched_lines(layers, context, expected, (most, most_compared, most_tokens, longest, never_written))\n"
             "-> [{tokens: n_agreeing}, ...]");

static PyObject *matched_lines(PyObject *module, PyObject *args) {
    PyObject *layers, *tokens, *expected, *never_written;
    MatchLimits limits;
    if (!PyArg_ParseTuple(args, "O!OO(iiiiU)", &PyList_Type, &layers, &tokens, &expected, &limits.most,
                          &limits.most_compared, &limits.most_tokens, &limits.longest, &never_written)) {
        return NULL;
    }
    if (limits.most_compared < 1) {
        PyErr_SetString(PyExc_ValueError, "at least one place is to be compared");
        return NULL;
    }
    Search search;
    int32_t *context = NULL;
    Py_ssize_t n_context;
    PyObject *matches = NULL;
    if (open_search(&search, layers, expected, 0.0) == 0 &&
        (limits.never_written = id_of(&search, never_written)) >= 0 &&
        (context = ids_of(&search, tokens, &n_context)) != NULL) {
        matches = PyList_New(search.n_layers);
        for (Py_ssize_t number = 0; matches != NULL && number < search.n_layers; number++) {
            PyObject *longest = match_layer(&search, &search.layers[number], context, n_context, &limits);
            if (longest == NULL || PyList_SetItem(matches, number, longest) < 0) Py_CLEAR(matches);
        }
    }
    PyMem_Free(context);
    close_search(&search);
    return matches;
}

PyMethodDef search_methods[] = {
    {"next_tokens", next_tokens, METH_VARARGS, next_tokens_doc},
    {"predict_lines", predict_lines, METH_VARARGS, predict_lines_doc},
    {"score_lines", score_lines, METH_VARARGS, score_lines_doc},
    {"matched_lines", matched_lines, METH_VARARGS, matched_lines_doc},
    {NULL, NULL, 0, NULL},
};
