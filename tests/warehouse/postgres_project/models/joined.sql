select doubled.number
from {{ ref('doubled') }} as doubled
inner join {{ ref('copied') }} as copied on doubled.number = copied.number
