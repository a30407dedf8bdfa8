/* The module `inkling.engine.language._core`; what it offers is described in `_core.pyi`. */
#include "layers.h"

#define INTERFACE 3 /* as in compiled.py */

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_core", .m_doc = "The compiled core of the language model.", .m_size = -1};

PyMODINIT_FUNC PyInit__core(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && (add_layer_types(module) < 0 || PyModule_AddFunctions(module, search_methods) < 0 ||
                           PyModule_AddFunctions(module, lexer_methods) < 0 ||
                           PyModule_AddIntMacro(module, INTERFACE) < 0)) {
        Py_CLEAR(module);
    }
    return module;
}
