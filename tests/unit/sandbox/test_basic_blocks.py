from inkling.sandbox.suite.child.blocks import blocks_by_line

SOURCE = """\
def f(x):
    a = 1
    b = (a +
         x)
    if (a and
            b):
        return 1
    elif x:
        a = 2
        b = 3
    else:
        pass
    for i in range(3):
        a += i
    else:
        a = 0
    while a: a -= 1
    with open(x) as file:
        y = 1

        z = 2
    try:
        y = 3
    except OSError:
        y = 4
    finally:
        y = 5
    match y:
        case 1:
            return 2
        case _ if a:
            pass
    @staticmethod
    def inner():
        return 3
    return inner
"""


def test_blocks_of_every_statement() -> None:
    blocks = blocks_by_line(SOURCE)
    assert sorted(set(blocks.values())) == [
        *((1, 1), (2, 4), (5, 6), (7, 7), (8, 8), (9, 10), (12, 12), (13, 13), (14, 14), (16, 16)),
        *((17, 17), (18, 18), (19, 21), (23, 23), (24, 24), (25, 25), (27, 27), (28, 28), (29, 29)),
        *((30, 30), (31, 31), (32, 32), (33, 34), (35, 35), (36, 36)),
    ]
    assert all(first <= line <= last for line, (first, last) in blocks.items())


def test_an_empty_file_has_no_blocks() -> None:
    assert blocks_by_line("") == {}
