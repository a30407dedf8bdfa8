"""How orders are packed."""

MAX_PARCEL_G = 5000


def pack(weights_g: list[int]) -> list[list[int]]:
    """Returns the pieces in parcels, in their order, each as full as it may be."""
    parcels: list[list[int]] = []
    parcel: list[int] = []
    for weight_g in weights_g:
        if parcel and sum(parcel) + weight_g >= MAX_PARCEL_G:
            parcels.append(parcel)
            parcel = []
        parcel.append(weight_g)
    if parcel:
        parcels.append(parcel)
    return parcels
