from decimal import Decimal

from shop.models import OrderLine
from shop.pricing import bulk_discount, final_price, loyalty_discount, shipping
from tests.examples import COFFEE, HONEY, TEA, order_of


def test_few_pieces_have_no_discount():
    order = order_of(OrderLine(TEA, 2), OrderLine(COFFEE, 1))
    assert bulk_discount(order) == Decimal(0)


def test_ten_pieces_are_a_bulk():
    order = order_of(OrderLine(TEA, 10), OrderLine(COFFEE, 1))
    assert bulk_discount(order) == Decimal("4.50")


def test_new_customers_have_no_loyalty():
    order = order_of(OrderLine(HONEY, 4))
    assert loyalty_discount(order, earlier_orders=0) == Decimal(0)


def test_loyal_customers_pay_less():
    order = order_of(OrderLine(HONEY, 4))
    assert loyalty_discount(order, earlier_orders=3) == Decimal("1.25")


def test_large_orders_ship_for_free():
    order = order_of(OrderLine(COFFEE, 7))
    assert shipping(order) == Decimal(0)


def test_small_orders_pay_by_weight():
    order = order_of(OrderLine(HONEY, 2))
    assert shipping(order) == Decimal("1.20")


def test_final_price_adds_it_all_up():
    order = order_of(OrderLine(HONEY, 2))
    assert final_price(order, earlier_orders=1) == Decimal("13.075")
