"""What the lines of a version say, as one text: kept when they are written, compared ever after."""

# Of the lines `l` of one version, whatever their order.
LINES_DIGEST = """
sum(('x' || left(md5(ROW(l.id, l.operation, l.provider, l.operator, l.method, l.country, l.currency,
                         l.amount_from, l.basis_points, l.fixed, l.fee_min, l.fee_max,
                         l.tax_basis_points, l.rounding)::text), 16))::bit(64)::bigint)::text
"""
