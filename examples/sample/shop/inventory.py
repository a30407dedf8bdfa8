"""What is in stock."""

from collections import Counter

from shop.models import Order, Product


class OutOfStockError(Exception):
    """More was asked for than there is."""


class Inventory:
    """Counts pieces by product name."""

    def __init__(self) -> None:
        self._products: dict[str, Product] = {}
        self._quantities: Counter[str] = Counter()

    def add(self, product: Product, quantity: int) -> None:
        """Puts pieces of a product on the shelf."""
        if quantity <= 0:
            raise ValueError(f"quantity must be positive, not {quantity}")
        self._products[product.name] = product
        self._quantities[product.name] += quantity

    def take(self, name: str, quantity: int) -> Product:
        """Takes pieces of a product off the shelf."""
        if quantity <= 0:
            raise ValueError(f"quantity must be positive, not {quantity}")
        if self._quantities[name] < quantity:
            raise OutOfStockError(f"{name}: {quantity} wanted, {self._quantities[name]} left")
        self._quantities[name] -= quantity
        return self._products[name]

    def quantity_of(self, name: str) -> int:
        """Returns how many pieces there are."""
        return self._quantities[name]

    def fulfil(self, order: Order) -> None:
        """Takes all that an order asks for."""
        for line in order.lines:
            self.take(line.product.name, line.quantity)
