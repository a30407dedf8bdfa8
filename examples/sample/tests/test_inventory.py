import pytest

from shop.inventory import OutOfStockError
from shop.models import OrderLine
from tests.examples import COFFEE, HONEY, TEA, order_of, stocked_inventory


def test_add_counts_up():
    inventory = stocked_inventory()
    inventory.add(TEA, 5)
    assert inventory.quantity_of("tea") == 25


def test_take_counts_down():
    inventory = stocked_inventory()
    inventory.take("coffee", 2)
    assert inventory.quantity_of("coffee") == 10


def test_take_returns_the_product():
    inventory = stocked_inventory()
    assert inventory.take("honey", 1) == HONEY


def test_take_refuses_more_than_there_is():
    inventory = stocked_inventory()
    with pytest.raises(OutOfStockError):
        inventory.take("tea", 21)
    assert inventory.quantity_of("tea") == 20


@pytest.mark.parametrize("quantity", [0, -1])
def test_add_refuses_what_is_not_positive(quantity):
    inventory = stocked_inventory()
    with pytest.raises(ValueError, match="must be positive"):
        inventory.add(COFFEE, quantity)
    assert inventory.quantity_of("coffee") == 12


def test_fulfil_takes_every_line():
    inventory = stocked_inventory()
    inventory.fulfil(order_of(OrderLine(TEA, 3), OrderLine(COFFEE, 1)))
    assert inventory.quantity_of("tea") == 17
    assert inventory.quantity_of("coffee") == 11
