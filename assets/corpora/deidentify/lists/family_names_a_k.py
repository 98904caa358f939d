"""The most common family names, A to K, of the 1990 United States
census (public domain), without countries, states and rare ordinary words. Data only; no rules."""

WORDS = """
aaron abbate abbey abbott abdullah abel abell abercrombie abernathy abeyta ables abner abney
abraham abram abrams abramson abrego abreu absher acevedo acker ackerman ackley acord acosta acree
acton acuna adair adam adame adames adams adamson adcock addington addison adkins adler adorno
adrian agee agnew agosto aguayo aguiar aguilar aguilera aguirre ahern ahmad ahmed ahn ahner ahrens
aiello aiken aikens ainsworth akers akins alanis alaniz alarcon albanese albers albert alberts
albertson albin albrecht albright albritton alcala alcantar alcantara alcaraz alcorn alden
alderman alderson aldrich aldridge alejandro aleman alessi alex alexander alfaro alfonso alford
alfred alger ali alicea allan allard alleman allen alley alleyne allgood allison allman allred
almanza almaraz almeida almonte alonso alonzo alston alsup altamirano altman alton alva alvarado
alvarez alverez alves alvey amador amaral amaro amato amaya ambriz ambrose amerson ames amick
ammons amos amundson anaya anders andersen anderson anderton andino andrade andres andresen
andress andrew andrews andrus angeles angell angelo angle anglin anguiano angulo angus annis
ansley anson anthony antoine anton antonio aparicio apodaca aponte appel appleby applegate
appleton applewhite appling aquino aragon araiza arana aranda araujo arbogast arce arceneaux
archambault archer archibald archie archuleta ard ardoin arellano arenas arevalo argo arguello
argueta arias armbruster armendariz armenta armentrout armijo armitage armour arms armstead
armstrong arndt arnett arnold aronson arredondo arreola arriaga arrington arriola arrowood arroyo
arruda arsenault arteaga arthur artis asbury ashburn ashby ashcraft ashe asher ashford ashley
ashmore ashton ashworth askew aston atchison atchley atencio atherton atkins atkinson attaway
atwater atwell atwood aubin aucoin audette auger august augustine ault austin auten autrey autry
avalos avelar averill avery avila aviles avina ayala aycock ayer ayers ayotte ayres azevedo babb
babbitt babcock baber babin babineaux baca bach bachman back backer backman backus bacon bader
badger badillo baer baez baeza bagby baggett bagley bagwell bahena bahr baier bailey baily bain
baines bair baird balch balderas baldridge baldwin bales ballard ballenger ballesteros ballew
ballinger ballou baltazar bancroft banda bandy bane banister banker bankston banner bannister
bannon banta banuelos baptiste barajas baran barba barbee barber barbieri barbosa barbour barboza
barclay bard barden barela barfield barger barham barhorst barker barkley barksdale barlow barnard
barner barnes barnett barnette barney barnhart barnhill barns barnum barnwell baron barone barr
barragan barraza barrera barreto barrett barrientos barrier barringer barrington barrios barron
barros barrow barrows barry bartel bartels barth bartholomew bartlett bartley barton bartz bash
basham bashaw basile baskerville baskin bassett basso bastian batchelder batchelor bateman bates
batey batista batiste batson battaglia batten batts baucom bauer baugh baugher baughman baum
bauman baumann baumgardner baumgartner bautista baxley baxter bay bayer bayless baylor bayne beal
beale beall beals beam beaman beamon beane bearden beardsley beasley beason beaton beattie beatty
beaty beauchamp beaudoin beaudry beaulieu beauregard beaver beavers becerra bechtel bechtold beck
becker beckett beckford beckham beckley beckman beckwith becnel bedard bedell bedford bedwell
beebe beecher beeler beeman beery beeson begay beggs begley behr behrens bejarano belanger belcher
belden belisle belk bellamy belle bellinger bello bellows belton beltran bemis benally benavides
benavidez bender benedetto benedict benefield benfield benford benge benham benitez benjamin benn
benner bennet bennett benoit benson bentley benton bentz berard berg bergen berger bergeron bergin
bergman bergmann bergstrom berkley berkowitz berman bermudez bernal bernard bernardo berndt
bernhardt bernier bernstein berrios berryhill berryman bertram bertrand berube bess bessette best
betancourt bethea bethel bettencourt bettis betts betz beveridge beverly bevins beyer bianchi
bianco bias bibb bibbs bice bickel bickford biddle bidwell bieber bierman bigelow biggers
biggerstaff biggs bigham bigler billings billingsley billington billiot billups bilodeau binette
bing bingham binion binkley binns birch birchfield birdsong birmingham bischoff bish bishop
bissell bisson bissonnette bittner bivens bivins bixby bixler black blackburn blackford blackman
blackmon blackmore blackshear blackstock blackwell blackwood blain blaine blair blais blaisdell
blake blakely blakeney blalock blanchard blanchette blanco bland blanding blankenship blanks
blanton blaylock blazer bledsoe blessing blevins bliss blizzard block blodgett blood bloodworth
bloomer bloomfield blount blue blum blume bly blythe board boardman boatman boatright boatwright
bobbitt bobo bocanegra bock boddie bode boden bodine boehm boettcher bogan bogart boger boggess
boggs bogle bohannon bohn boisvert bojorquez boland bolanos bolden bolding bolduc bolen boles
bolick bolin boling bolinger bolling bollinger bolt bolton bond bonds bone boney bonham bonilla
bonin bonnell bonner bonnett bonney bono booher book booker boone booth boothe boozer bordelon
borden boren borg borges boring borkowski born borowski borrego bosch bosley bost bostic bostick
boston bostwick boswell bosworth botello bott bottoms botts bouchard boucher boudreau boudreaux
boughton bouldin bourassa bourg bourgeois bourne bourque bousquet boutin boutte boutwell bove
bowden bowe bowen bowens bower bowers bowes bowie bowler bowles bowlin bowman bowser bowyer box
boyce boyd boyer boyett boyette boykin boykins boylan boyle boyles boynton bozarth bozeman bracey
bracken brackett bracy bradberry bradbury braddock braden bradford bradley bradshaw brady bragg
braithwaite braley bramlett branch brandenburg brandon brandt branham brann brannan brannon
branson brant brantley branton brashear brasher braswell bratcher bratton braud brauer braun bravo
brawley brawner braxton bray brazil breault breaux breckenridge breeden breeding breedlove breen
brehm breland bremer brennan brenner brent breton brett breunig brewer brewington brewster brewton
brian brice bricker bridge bridgeman brien briggs brigham briley brill brink brinkley brinkman
brinson briones briscoe briseno brister bristol bristow brito britt brittain britton broadnax
broadwater broadway brock brockington brockman brockway broderick brodeur brodie brody brogan
brogdon bromley bronson brook brooke brooker brookins brooks brookshire broom broome brophy
brotherton broughton broussard browder brower brown browne brownell brownfield brownlee broyles
brubaker bruce brumbaugh brumfield brumley brummett brundage brunelle bruner brunet brunner bruno
bruns brunson bruton bryan bryant bryce bryson buchanan bucher buchholz buck buckingham buckles
buckley buckman buckner budd buehler buell bueno buffington buford bugg buggs bui buie bullard
buller bullington bullins bullock bulter bumgarner bunch bundy bunker bunn bunnell bunting bunton
burbank burch burcham burchett burchfield burden burdett burdette burdick burdine burford burg
burge burger burgess burgett burgin burgos burk burke burkett burkey burkhalter burkhardt burkhart
burkholder burks burleigh burleson burley burmeister burnell burnett burnette burney burnham burns
burnside burrell burress burris burroughs burrus burson burt burton burwell busby busch bush
bushey bushman bushnell buss busse bussell bussey bustamante bustos butcher butler butt
butterfield butters butts buxton buzzell byars bybee byerly byers byington byler bynum byrd byrne
byrnes byron byrum caballero caban cabral cabrera caceres caddell cade cadena cady caesar cage
cagle cahill cahoon cain cairns calabrese calder caldera calderon caldwell calhoun calkins call
callaghan callahan callan callaway callen callender callis callison calloway calvert calvillo
calvin calvo camacho camara camarillo cambell cameron campbell camper campos canady canales cancel
candelaria candelario canfield cannady cano canter cantor cantrell cantu cantwell canty cao capers
capone capps caputo caraballo caraway carbajal carbaugh carbone carden cardenas carder cardin
cardona cardoza cardwell carey cargill carillo carl carleton carley carlile carlin carlisle carlos
carlson carlton carlyle carmack carman carmichael carmody carmona carnahan carnes carney caro
caron carothers carpenter carper carr carranza carrasco carrasquillo carraway carrell carreon
carrera carrero carrico carrier carrigan carrillo carrington carrol carroll carruth carruthers
carson carswell cartagena carter cartwright carty caruso caruthers carvajal carvalho carver cary
casanova casares casarez casas case casey cashman casiano casillas caskey cason casper cass
cassady cassell cassidy castaneda casteel castellano castellanos castillo castle castleberry
castleman casto caston castro caswell catalano cate cater cates cathcart cathey catlett cato caton
catron caudill caudle causey cauthen cavanaugh cavazos cavender caviness cawley cazares ceballos
cecil cedeno cedillo ceja centeno center cepeda cerda cervantes cervantez cha chabot chacon
chadwick chaffee chaffin chafin chaisson chalmers chamberlain chamberlin chambers chamblee
chambless chambliss champagne champlin chan chance chancellor chancey chandler chaney chang chao
chapa chapin chaplin chapman chappell charette charles charley charlton charron chartier chasse
chastain chasteen chatham chatman chau chauvin chavarria chaves chavez chavis cheatham chee cheek
chen chenault cheney cheng chenoweth chesser chester chestnut cheung chevalier chick child
childers childress childs chiles chilton chin ching chinn chipman chisholm chism chisolm chitwood
chiu cho choate choe choi chong chou chrisman christ christensen christenson christian
christiansen christianson christie christman christmas christopher christopherso christy chu
chumley chun chung churchill churchwell cimino cintron cisco cisneros claar clair clancy clanton
clapp clapper clare clark clarke clarkson clary claudio clausen clawson claxton claycomb claypool
claypoole clayton cleary cleaver clegg cleghorn clem clemens clement clemente clements clemmer
clemmons clemons cleveland clevenger clifford clift clifton cline clinton close clough clouse
cloutier clyburn clyde coakley coates cobb cobbs coble cobos coburn cochran cochrane cockerham
cockrell cody cofer coffey coffin coffman cofield coggins cohen cohn coker colbert colburn colby
cole colella coleman coles coley collado collard collazo collett collette colley collier collins
colman colombo colon colquitt colson colston colter colton colucci colunga colvin colwell combs
comeau comeaux comer compton comstock conant conaway concepcion conde condon cone coney conger
conklin conley conlin conlon conn connell connelly conner conners connolly connor connors conover
conrad conroy constant constantine constantino conte conti contreras conway conwell conyers cooke
cooks cooksey cooley coombs coomer coon cooney coons cooper copeland copley copper coppola corbett
corbin corbitt corcoran cordeiro cordell corder cordero cordes cordova core corey corley corliss
cormier cornejo cornelius cornett cornish cornwell coronado corral corrales correa correia correll
corrigan corriveau corso corson cortes cortez corum corwin cory cosby cosgrove cosme cosper costa
costello coston cota cote cothran cotten cotter cottingham cottle cotto cotton cottrell coughlin
coulombe coulson coulter council countryman counts courson courtney couture covarrubias cover
covey covington cowan cowans coward cowart cowden cowell cowen cowles cowley cox coy coyle coyne
cozart crabb crabtree craddock crafton craig crain cram cramer crandall crandell cranford craven
cravens craver crawford crawley crayton creamer creech creed creekmore creel creighton crenshaw
crespo cress cribbs crider crim crisp crist criswell crites crittenden crocker crockett croft
cromer cromwell cronin cronk crook crooks croom cropper crosby cross crossland crossley crossman
croteau crouch crouse crowder crowe crowell crowley croy crozier crum crumley crump crumpton cruse
crutcher crutchfield cruz cuellar cuevas culbertson culbreth cullen culler culp culpepper culver
cumming cummings cummins cundiff cunningham cuomo cupp cureton curiel curl curley curran currie
currier currin curry curtin curtis curtiss cushing cushman cusick custer cutler cutter cyr cyrus
dabbs dabney dacosta daggett dagostino dahl dahlgren daigle dailey daily dale dalessandro dalessio
daley dallas dalrymple daly damato dame dameron damico damon damron dana dancy dandrea dandridge
danforth dang dangelo daniel daniels danielson danley danner dansby dantzler darby dardar darden
darling darnell darr darrow dasher dasilva daugherty daughtry davenport davey david davidson
davies davila davis davison dawes dawkins dawson day daye dayton deal dean deanda deane deangelis
deangelo deans dear dearborn dearing deas deason deaton deberry deboer debose decarlo decastro
deckard decker decosta decoteau dee deen deering dees deese defelice deguzman dehart dehaven deitz
dejesus delacruz delafuente delagarza delaney delano delapaz delarosa delatorre deleon delgadillo
delisle delk dellinger deloach delong delossantos delp delrio deluca deluna delvalle demarco
demello dement demers deming demoss dempsey dendy denham denis denison denman dennard denney
denning dennis dennison denny densmore denson dent denton depew depriest derby derosa derosier
derr derrick derry desai desantis desilva desimone desjardins desmarais desmond desrochers
desrosiers destefano deutsch dever deville devine devito devlin devoe devore devries dew deweese
dewey dewitt dews dexter deyoung dial dias diaz dibble dicarlo dick dicken dickens dickenson
dickerson dickey dickinson dickman dicks dickson diego diehl dietrich dietz diggs dill dillard
dilley dillingham dillion dillman dillon dillow dilworth dimaggio dingess dingle dingman dinh
dinkins dinsmore dion dionne dipietro dishman distefano dix dixon dixson doak doan doane dobbins
dobbs dobson dockery dodd dodds dodge dodson doering doerr doggett doherty dolan doll dombrowski
domingo dominguez dominick dominquez donahue donald donaldson donato donley donnell donnelly
donner donofrio donohue donovan dooley doolittle doran dore dorman dorn dorr dorris dorsett dorsey
dortch doss dotson doty doucet doucette dougherty doughty douglas douglass dove dover dow dowd
dowdell dowdy dowell dowling downer downes downey downing downs doyle doyon dozier drake draper
drayton dreher drennan dressler dreyer driggers driscoll driskell driver drummond drury dryden
duarte dube dubois dubose ducharme duckett duckworth duda dudek dudley duenas duff duffey duffy
dufresne dugan dugas duggan dugger duhon duke dukes dulaney dumas dumont dunagan dunaway dunbar
duncan dunford dunham dunkin dunkle dunlap dunlop dunn dunne dunning dunson dunston dunton duong
duplessis dupont dupre dupree duprey dupuis duque duquette duran durand durant durbin durden
durfee durham durkee durkin duron durr durrett durst dustin dutcher dutra dutton duval duvall
dvorak dwyer dye dyer dyke dykes dykstra dyson eades eads eady eagan earl earle earley earls early
earnest easley eason easter easterling eastman easton eastwood eaton eaves eberhardt eberle ebert
eby echevarria echeverria echols eck eckert eckhardt eckman eddings eddins eddy edelman edelstein
eden edens edgar edge edgerton edington edison edmiston edmond edmonds edmondson edmonson edmunds
edson edward edwards egan egbert eggers eggert eggleston ehlers ehrlich eichelberger eicher eidson
eiland eisenberg elam eldred eldredge eldridge eley elias eliason elizondo elkins elledge eller
ellinger ellingson ellington elliot elliott ellis ellison ellsworth elmer elmore elrod elston
elwell elwood ely emanuel embree embry emerick emerson emery emmert emmons emory endicott endres
engel engelhardt engle engler englert engstrom ennis enoch enos enright enriquez epperson epps
epstein erb erdman erdmann erickson ericson ernest ernst erskine ervin erwin escalante escamilla
escobar escobedo eskew eskridge esparza espinal espino espinosa espinoza esposito esquibel
esquivel essex estabrook estep estes estevez estrada estrella etheridge ethridge etter eubank
eubanks eudy eugene evangelista evans evenson everett everette everhart evers eversole everson
ewald ewell ewing exum ezell faber fabian fagan fahey fain fairbanks fairchild faircloth fairley
faison fajardo falcon falcone falgoust falk fallon falls fancher fanelli fannin fant farber faria
farias farina faris farkas farley farnham farnsworth farr farrar farrell farrington farris farrow
farwell fassett fast faulk faulkner faust favela fawcett fay fazio feaster featherstone fecteau
federico feeney felder feldman feliciano felix felker fell feller felton felts fender fenn fennell
fenner fenton fenwick ferebee ferguson ferland fernandes fernandez ferrante ferrara ferrari
ferraro ferreira ferrell ferrer ferris ferro fetter fick fidler fiedler field fielder fielding
fields fierro fife fifield figueroa fike fikes fillmore finch fincher findlay findley fine finger
fink finley finn finnegan finney fiore fischer fish fisher fishman fisk fitch fite fitts fitz
fitzgerald fitzpatrick fitzsimmons fitzwater flack flagg flaherty flanagan flanders flanigan
flannery flatt fleck fleenor fleetwood fleming flemming fletcher fleury flinn flint flora florence
flores florez flory flournoy floyd flynn fogarty fogel fogg fogle foley folse folsom foltz fong
fonseca fontaine fontana fontenot foote ford forde fordham foreman forest forester foret forman
forney forrest forrester forsberg forster forsyth forsythe fort fortenberry fortier fortin fortner
fortney fortson foss fountain fournier foust fouts fowler fowlkes foxworth foy fraga fraley frame
frances francis francisco franco francois franke frankel franklin franks frantz franz franzen
fraser frasier frausto frawley frazee frazer frazier frechette frederick fredericks frederickson
fredette fredrick fredrickson free freedman freeland freeman freese freitag freitas freund frey
frias frick friday friedman friedrich friel frierson fries friesen frink frisbie frisby frith
fritts fritz frizzell frost fry frye fryer fuchs fudge fuentes fugate fuhrman fulcher fulford fulk
fulkerson fulks fullerton fullmer fulmer fulton fultz funderburk fung funk fuqua furlong furman
furr furtado fusco fussell futrell gabbard gabel gable gabriel gaddis gaddy gadson gaffney gagne
gagnon gailey gainer gaines gainey gaitan gaither galan galarza galbraith galbreath gale galindo
gallagher gallaher gallant gallardo gallego gallegos gallo galloway galvan galvez galvin gamache
gamble gamboa gambrell gamez gammon gandy gann gannon gant gantt gaona garay garber garcia
gardiner gardner garfield garibay garica garland garman garmon garnett garretson garrett garrick
garrido garris garrity garth gartner garver garvey garvin gary garza gaskill gaskin gaskins gaspar
gass gaston gatewood gatlin gatling gatto gaudet gaudette gaul gault gause gauthier gavin gayle
gaylor gaylord gaynor gaytan gearhart geary gebhart gee geer gehring gehrke geiger geisler geist
geller gendron genovese gentile gentry george gerald gerard gerber gerdes gerhardt gerlach germain
gervais geter getz geyer gibbons gibbs gibson giddens giddings giese gifford giglio gil gilbert
gilbertson gilbreath gilchrist giles gilkey gillam gillard gillen gillespie gillett gillette
gilley gilliam gilliard gilligan gilliland gillis gillispie gillman gillum gilman gilmer gilmore
gilpin gilreath gilson gilstrap ginn ginsberg giordano gipson girard giron giroux gish gist
gittens givens gladden gladney glaser glasgow glass glasscock glaze gleason glick glidden
glidewell glisson glover glynn goad gober goble goddard godfrey godin godinez godoy godsey godwin
goebel goetz goff goforth goines goings goins gold goldberg golding goldman goldsberry goldsmith
goldstein gomes gomez gonsalves gonzales gonzalez gooch good goodale goodall goode goodell gooden
goodin gooding goodman goodnight goodrich goodson goodwin goolsby gordon gordy gore gorham gorman
gorski gorton gosnell goss gosselin gossett gott gottlieb gough gould goulet gourley govan gove
gowen gower graber grabowski gracia grady graff gragg graham grajeda grammer granado granados
grande granger grantham grasso gravely graves gray graybill grayson graziano greathouse greaves
greco greeley green greenberg greene greenfield greenleaf greenlee greenwald greenwell greenwood
greer gregg gregoire gregor gregory greiner grenier gresham grey gribble grice grider griego grier
griffen griffey griffin griffis griffith griffiths grigg griggs grigsby grijalva grillo grim grimm
grimmett grimsley grisham grissom griswold grizzle groce groff grogan groom grooms grose gross
grossman groth grove grover groves grow grubb grubbs grube gruber grundy guajardo guardado guarino
guay guenther guerin guerra guerrero guertin guevara guffey guido guidry guillen guillory guinn
gulick gulledge gullett gulley gunderson gunn gunter gunther gupta gurley gurney gurrola gurule
gusman gustafson gustin guthrie gutierrez guy guyer guyton guzman gwin gwinn haag haas haase haber
hack hacker hackett hackler hackman hackney hackworth haddad hadden haddix haddock hadley hafer
hagan hagans hageman hagen hager hagerman hagerty haggard haggerty hagler hague hahn haight haile
hailey haines hair haire hairston hake halbert halcomb hale hales haley haller hallett halley
halliday hallman hallock halloran halpern halpin halsey halstead halter halverson halvorson ham
hamann hamblin hambrick hamby hamel hamer hamill hamilton hamlett hamlin hamm hammack hammett
hammock hammon hammond hammonds hammons hampton hamrick hance hancock hand handley handy hanes
haney hankins hanks hanley hanlon hann hanna hannah hannan hannon hanrahan hansel hansen hanson
harbin harbison hardaway hardcastle hardee hardeman harden hardesty hardie hardiman hardin harding
hardison hardman hardwick hardy hare hargett hargis hargrave hargrove harker harkins harkness
harlan harless harley harlow harman harmon harney haro harold harp harper harr harrell harrelson
harrigan harriman harrington harris harrison harrod harry hart harter hartfield hartford hartle
hartley hartman hartmann hartnett hartsell hartsfield hartung hartwell hartwig hartzell harvell
harvey harwell harwood haskell haskins hass hassan hassell hasson hastings hasty hatcher hatchett
hatfield hathaway hathcock hatley hatten hatton hauck haug haugen haun haupt hauser havens hawes
hawkes hawkins hawks hawley haworth haws hawthorne hayden hayes haygood haynes haynie hays hayward
haywood hazard hazel hazelton hazelwood hazen hazlett hazzard head headley headrick heald healey
healy hearn hearne heath heaton hebert hecht heck hecker heckman hector hedge hedgepeth hedges
hedrick heffernan heffner heflin hefner heil heilman heim hein heine heinrich heintz heinz heiser
heisler held heller helm helmer helmick helms helton hembree hemingway hemphill hendershot
henderson hendley hendon hendren hendrick hendricks hendrickson hendrix hendry henke henkel henley
hennessey hennessy henning henninger henriquez henry henshaw hensley henson her herbert herbst
heredia hereford herman hermann hernadez hernandes hernandez herndon herold heron herr herren
herrera herrick herrin herrington herrmann herron hersey hershberger hershey hertel herzog hess
hesse hester hetrick hewett hewitt hewlett heyer heyward hiatt hibbard hibbs hickerson hickey
hickman hicks hickson hidalgo higa higdon higginbotham higgins higgs high highsmith hight
hightower hilbert hildebrand hildebrandt hildreth hiles hillard hiller hilliard hillis hillman
hilton himes hindman hinds hines hinkle hinkley hinman hinojosa hinshaw hinson hinton hintz hipp
hirsch hirst hitchcock hite hitt hix hixon hixson hoag hoagland hoang hoard hobbs hobson hoch
hochstetler hockenberry hockett hodge hodges hodgkins hodgson hodson hoelscher hoey hofer hoff
hoffer hoffman hoffmann hofmann hogan hogg hoggard hogue hoke holbert holbrook holcomb holcombe
holden holguin holifield hollander hollar hollenbeck holler holley holliday hollifield holliman
hollinger hollingshead hollingsworth hollins hollis hollister holloman holloway hollowell holly
holm holman holmberg holmes holmquist holst holston holt holton holtz holzer hom homan homer
honaker honea honeycutt hong hooker hooper hooten hoover hope hopkins hoppe hopson horan hord horn
hornback horne horner horning hornsby horowitz horsley horst horton horvath hosey hoskins
hostetler hostetter hotchkiss houck hough houghton houk houle house houser housley houston hovis
howard howe howell howerton howes howland howlett howze hoy hoyle hoyt hsu huang hubbard hubbell
hubbs huber hubert huckaby hudak huddleston hudgens hudgins hudnall hudson hudspeth huebner huerta
huey huff huffman hufford huggins hughes hughey hulbert hulett hull hulse hulsey humble hume humes
hummel humphrey humphreys humphries hundley huneycutt hung hunley hunsaker huntington huntley
huntsman hupp hurd hurley hurst hurtado huskey huss hussey husted huston hutchens hutcherson
hutcheson hutchings hutchins hutchinson hutchison huth hutson hutto hutton huynh hwang hyatt hyde
hyden hyder hyland hylton hyman hynes ibanez ibarra ibrahim iglesias imes imhoff infante ingalls
ingersoll ingle ingraham ingram inman irby irizarry irons irvin irvine irving irwin isaac isaacs
isaacson isbell isenberg isham isom ison iverson ives ivey ivie izzo jablonski jack jackman jacks
jackson jacob jacobo jacobs jacobsen jacobson jacoby jacques jaeger jaffe jahnke jaime jaimes
jamerson james jameson jamieson jamison janes jankowski jansen janssen jaquez jara jaramillo
jardine jarman jarmon jarrell jarrett jarvis jason jasper jasso jauregui javier jaworski jay
jaynes jean jeffcoat jefferies jeffers jefferson jeffery jeffrey jeffries jemison jenkins jenks
jennings jensen jenson jernigan jerome jesse jessen jessie jessup jester jeter jett jewell jewett
jiles jimenez jimerson jiminez jinks jobe joe johansen johanson john johns johnsen johnson
johnston johnstone joiner jolley jolly jonas jone jones jordon jorge jorgensen jorgenson jose
joseph josephson joslin jost joubert joyce joyner juan juarez judd jude judkins judy julian jung
just justus kahl kahler kahn kain kaiser kaminski kane kang kaplan kapp karl karnes karns karp
karr kasper kasten kastner kato katz kauffman kaufman kaufmann kautz kavanagh kavanaugh kay kaye
kaylor kean keane kearney kearns kearse keating keaton keck kee keefe keefer keegan keele keeler
keeley keenan keene keener keeney keeton kehoe keil keim keiser keister keith kell kellam kellar
kelleher keller kellerman kelley kellner kellogg kellum kelly kelsey kelso kemp kemper kempf
kendall kendrick kennard kennedy kenner kenney kennon kenny kent kenyon kerby kerley kern kerns
kerr kerrigan kersey kershaw kessinger kessler kester ketcham ketchum key keyes keyser khan khoury
kibler kidd kidder kidwell kiefer kieffer kiel kiger kight kilburn kile kilgore killian
killingsworth killion killough kilmer kilpatrick kim kimball kimber kimble kimbrell kimbrough
kimes kimmel kimsey kimura kinard kincaid kinder kingery kingsbury kingsley kingston kinlaw kinney
kinser kinsey kipp kirby kirchner kirk kirkham kirkland kirkman kirkpatrick kirksey kirkwood
kirsch kirschner kiser kish kissinger kistler kite kittrell kitts kizer klatt klaus klein kline
kling klingensmith klinger klink klotz klug knapp knepper knight knighten knighton knisley knoll
knopp knott knotts knowles knowlton knox knudsen knudson knutson kobayashi koch kocher koehler
koehn koenig koerner koester kohl kohler kohn kolb koller kong koon koonce koons koontz kopp korn
kornegay koski koss koster kovach kovacs kowal kowalczyk kowalski kozak kozlowski kraemer kraft
kramer krantz kranz kratz kraus krause krauss krebs kremer kress krieger kroeger kroll krueger
krug kruger kruse kuehn kuhl kuhlman kuhn kuhns kumar kunkel kunkle kuntz kunz kurtz kutz
kuykendall kwan kwon kyle kyles kyser
"""
