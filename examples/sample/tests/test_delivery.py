from shop.delivery import pack


def test_light_pieces_share_a_parcel():
    assert pack([1000, 2000, 500]) == [[1000, 2000, 500]]


def test_heavy_pieces_go_alone():
    assert pack([4000, 4500]) == [[4000], [4500]]


def test_a_parcel_may_be_full():
    assert pack([2000, 3000, 500]) == [[2000, 3000], [500]]


def test_one_gram_more_does_not_fit():
    assert pack([2000, 3001]) == [[2000], [3001]]


def test_nothing_needs_no_parcel():
    assert pack([]) == []
