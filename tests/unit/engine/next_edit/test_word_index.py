from inkling.engine.next_edit.word_index import WordIndex, indexed_words


def test_files_are_found_by_their_words() -> None:
    index = WordIndex()
    index.take("/a.py", indexed_words("price = cost(1)"))
    index.take("/b.py", indexed_words("price = 2"))
    assert index.files_with("price") == ["/a.py", "/b.py"]
    assert index.files_with("cost") == ["/a.py"]
    assert index.files_with("unknown") == []


def test_a_file_that_changed_is_found_by_its_new_words_alone() -> None:
    index = WordIndex()
    index.take("/a.py", {"old"})
    index.take("/a.py", {"new"})
    assert index.files_with("old") == []
    assert index.files_with("new") == ["/a.py"]
    assert len(index) == 1


def test_a_file_that_is_gone_is_not_found() -> None:
    index = WordIndex()
    index.take("/a.py", {"word"})
    index.forget("/a.py")
    index.forget("/never.py")
    assert index.files_with("word") == []


def test_words_of_one_letter_are_not_indexed() -> None:
    assert indexed_words("x = db.größe(1) 🐍") == {"db", "größe"}


def test_an_index_of_many_old_versions_says_that_it_is_worn() -> None:
    index = WordIndex()
    for _ in range(1001):
        index.take("/a.py", {"word"})
    assert not index.is_worn
    for _ in range(2):
        index.take("/a.py", {"word"})
    assert index.is_worn
