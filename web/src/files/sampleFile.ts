/** A small messy file to try it on: it has what real files have. Lines before the header, semicolons, decimal commas, a record that has a field
 * too many, one whose price is none. */

const SAMPLE = `Price list 2026;;;
printed on 27/11/2026;;;
sku;name;price;in stock
A-1;"Walnut table; oiled";1.249,00;yes
A-2;Oak bench;89,50;no
A-3;Café chair;119,90;yes
A-4;Lamp;39,90;yes;left over
A-5;"Shelf, ""Ladder""";210,00;no
A-6;Coat stand;n/a;yes
`

export const sampleFile = (): File => new File([SAMPLE], 'price list.csv', { type: 'text/csv' })
